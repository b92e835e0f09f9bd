// A whole plugin in Rust, against abi.h by hand-written declarations: the first action that the mask allows.
// It keeps, per slot, how many turns the episode has had (`first` clears it) and every other turn takes the last
// allowed action instead.
use std::ffi::{c_char, c_void};

const OK: i32 = 0;

#[repr(C)]
pub struct Host {
    size: u32,
    context: *mut c_void,
    fail: extern "C" fn(*mut c_void, *const c_char),
    // The parameter functions follow; this plugin reads none.
}

#[repr(C)]
pub struct Environment {
    size: u32,
    actions: i32,
    modalities: i32,
    tasks: i32,
    window: i32,
    frame: i32,
    turns_max: i32,
    observation: i32,
    budgets: i32,
    evaluation_slots: i32,
    images: *const u32,
    consumption: *const f64,
    seed: u64,
    training_steps: i64,
}

#[repr(C)]
pub struct View {
    size: u32,
    n: i32,
    slot: *const i32,
    first: *const u8,
    rng: *const u64,
    observation: *const f32,
    mask: *const u8,
    limit: *const f64,
    spent: *const f64,
}

#[repr(C)]
pub struct AgentTable {
    size: u32,
    training_slots: i32,
    this: *mut c_void,
    destroy: Option<extern "C" fn(*mut c_void)>,
    act: Option<extern "C" fn(*mut c_void, *const View, i32, *mut i32) -> i32>,
    observe: Option<extern "C" fn(*mut c_void, *const c_void) -> i32>,
    update: Option<extern "C" fn(*mut c_void, *mut c_void) -> i32>,
    extension: Option<extern "C" fn(*mut c_void, *const c_char) -> *const c_void>,
}

#[repr(C)]
pub struct Entry {
    abi_major: u32,
    abi_minor: u32,
    kind: u32,
    id: *const c_char,
    version: *const c_char,
    summary: *const c_char,
    create: extern "C" fn(*const Host, *const Environment, *mut AgentTable) -> i32,
}
unsafe impl Sync for Entry {}

struct Agent {
    actions: usize,
    turns: Vec<u32>, // per slot
}

extern "C" fn destroy(this: *mut c_void) {
    drop(unsafe { Box::from_raw(this as *mut Agent) });
}

extern "C" fn act(this: *mut c_void, view: *const View, _mode: i32, action: *mut i32) -> i32 {
    let agent = unsafe { &mut *(this as *mut Agent) };
    let view = unsafe { &*view };
    for i in 0..view.n as usize {
        let slot = unsafe { *view.slot.add(i) } as usize;
        if agent.turns.len() <= slot {
            agent.turns.resize(slot + 1, 0);
        }
        if unsafe { *view.first.add(i) } != 0 {
            agent.turns[slot] = 0;
        }
        let mask = unsafe { std::slice::from_raw_parts(view.mask.add(i * agent.actions), agent.actions) };
        let allowed = |a: &usize| mask[*a] != 0;
        let chosen = if agent.turns[slot] % 2 == 0 {
            (0..agent.actions).find(allowed)
        } else {
            (0..agent.actions).rev().find(allowed)
        };
        agent.turns[slot] += 1;
        unsafe { *action.add(i) = chosen.unwrap_or(0) as i32 };
    }
    OK
}

extern "C" fn create(_host: *const Host, environment: *const Environment, table: *mut AgentTable) -> i32 {
    let (environment, table) = unsafe { (&*environment, &mut *table) };
    let agent = Agent { actions: environment.actions as usize, turns: Vec::new() };
    table.this = Box::into_raw(Box::new(agent)) as *mut c_void;
    table.destroy = Some(destroy);
    table.act = Some(act);
    OK
}

#[no_mangle]
#[allow(non_upper_case_globals)]
pub static offload_entry_v1: Entry = Entry {
    abi_major: 1,
    abi_minor: 0,
    kind: 1,
    id: b"rust-agent\0".as_ptr() as *const c_char,
    version: b"1.0.0\0".as_ptr() as *const c_char,
    summary: b"first and last allowed action in turn\0".as_ptr() as *const c_char,
    create,
};
