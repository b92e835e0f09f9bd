// The calls that a training loop makes all the time: a step of a batch, its masks. They are plain C functions
// over arrays that are made once; a step without copies allocates a tuple and a dictionary, nothing else.
#include <memory>

#include "python/batch.hpp"
#include "python/binding/binding.hpp"

namespace offload::binding {
namespace {

constexpr int kReleaseFrom = 64;  // slots; fewer take less time than to let go of the interpreter

// Both frames of a batch as arrays, and what a step says.
class Stepper {
 public:
  Stepper(const py::object& owner, bool copy, bool writable);

  Batch& batch() { return *batch_; }
  // (observation, reward, terminated, truncated, info) of a vector environment.
  PyObject* step(PyObject* actions);
  // The same of a single environment, as scalars.
  PyObject* step_one(PyObject* action);
  // (observation, info) of the state that is shown.
  py::tuple state() const;
  py::tuple state_one() const;
  py::object masks() const { return at_[batch_->shown()].masks; }

 private:
  struct Keyed {
    py::object key, value;
  };
  struct Arrays {
    py::array observation, reward, terminated, masks;
    std::vector<Keyed> of_state;  // of the info: what is known of a state
    std::vector<Keyed> of_step;   // and of a step
    std::vector<Keyed> of_end;    // and where an episode ended
    py::dict without_end, with_end;
  };

  void add_frame(Arrays& arrays, const Frame& frame, py::handle owner, bool writable) const;
  void read_actions(PyObject* actions);
  [[noreturn]] void outside(std::int64_t action, py::ssize_t slot) const;
  template <typename Integer>
  void take(const void* from, py::ssize_t count);
  py::object given(const py::object& array) const;
  py::object info_of(const Arrays& arrays, bool ended) const;
  void add_scalars(const Frame& frame, PyObject* info, bool stepped) const;

  std::shared_ptr<Batch> batch_;
  bool copy_;
  py::array none_truncated_;
  std::vector<std::int32_t> action_;
  Arrays at_[2];
};

PyObject* copied(PyObject* array) {
  constexpr int kAnyOrder = -1;
  PyObject* copy = py::detail::npy_api::get().PyArray_NewCopy_(array, kAnyOrder);
  if (copy == nullptr) throw py::error_already_set();
  return copy;
}

py::object key(const char* name) {
  return py::reinterpret_steal<py::object>(PyUnicode_InternFromString(name));
}

void set(PyObject* dictionary, const py::object& name, PyObject* value) {
  const py::object owned = py::reinterpret_steal<py::object>(value);
  if (value == nullptr || PyDict_SetItem(dictionary, name.ptr(), value) != 0) throw py::error_already_set();
}

Stepper::Stepper(const py::object& owner, bool copy, bool writable)
    : batch_(owner.cast<std::shared_ptr<Batch>>()),
      copy_(copy),
      action_(static_cast<std::size_t>(batch_->slots())) {
  py::array_t<bool> zeros(batch_->slots());
  std::fill_n(zeros.mutable_data(), batch_->slots(), false);
  zeros.attr("setflags")(py::arg("write") = false);
  none_truncated_ = zeros;
  for (int i = 0; i < 2; ++i) add_frame(at_[i], batch_->frame(i), owner, writable);
}

void Stepper::add_frame(Arrays& arrays, const Frame& frame, py::handle owner, bool writable) const {
  const py::ssize_t n = batch_->slots(), numbers = batch_->observation_size(), actions = batch_->actions();
  arrays.observation = shown("f4", {n, numbers}, frame.observation, owner, writable);
  arrays.reward = shown("f8", {n}, frame.reward.data(), owner);
  arrays.terminated = shown("?", {n}, frame.terminal.data(), owner);
  arrays.masks = shown("?", {n, actions}, frame.mask, owner);
  arrays.of_state = {{key("action_mask"), shown("i1", {n, actions}, frame.mask, owner)},
                     {key("infeasible"), shown("?", {n}, frame.infeasible.data(), owner)},
                     {key("limit"), shown("f8", {n, kResources}, frame.limit, owner)},
                     {key("spent"), shown("f8", {n, kResources}, frame.spent, owner)},
                     {key("episode_id"), shown("i8", {n}, frame.episode.data(), owner)}};
  arrays.of_step = {{key("cost"), shown("f8", {n}, frame.cost.data(), owner)},
                    {key("consumed"), shown("f8", {n, kResources}, frame.consumed.data(), owner)},
                    {key("quality"), shown("f8", {n}, frame.quality.data(), owner)},
                    {key("association"), shown("f8", {n}, frame.association.data(), owner)}};
  if (!batch_->next_step()) {
    arrays.of_end = {{key("final_obs"), shown("f4", {n, numbers}, batch_->final_observation(), owner)},
                     {key("_final_obs"), arrays.terminated}};
  }
  for (const auto* list : {&arrays.of_state, &arrays.of_step, &arrays.of_end}) {
    for (const Keyed& entry : *list) {
      arrays.with_end[entry.key] = entry.value;
      if (list != &arrays.of_end) arrays.without_end[entry.key] = entry.value;
    }
  }
}

void Stepper::outside(std::int64_t action, py::ssize_t slot) const {
  fail(ErrorKind::config, "action {} of environment {} is outside 0..{}", action, slot,
       batch_->actions() - 1);
}

template <typename Integer>
void Stepper::take(const void* from, py::ssize_t count) {
  const auto* values = static_cast<const Integer*>(from);
  for (py::ssize_t i = 0; i < count; ++i) {
    const auto wide = static_cast<std::int64_t>(values[i]);
    const auto value = static_cast<std::int32_t>(wide);
    if (value != wide) outside(wide, i);
    action_[static_cast<std::size_t>(i)] = value;
  }
}

void Stepper::read_actions(PyObject* actions) {
  const py::array array = py::array::ensure(py::handle(actions), py::array::c_style);
  if (!array) {
    PyErr_Clear();
    fail(ErrorKind::config, "actions: expected {} integers", batch_->slots());
  }
  if (array.ndim() != 1 || array.shape(0) != batch_->slots()) {
    fail(ErrorKind::config, "actions: expected shape ({},), found {}", batch_->slots(),
         py::str(array.attr("shape")).cast<std::string>());
  }
  const char kind = array.dtype().kind();
  if (kind != 'i' && kind != 'u') {
    fail(ErrorKind::config, "actions: expected integers, found {}",
         py::str(array.dtype()).cast<std::string>());
  }
  const auto size = array.dtype().byteorder() == '=' ? array.itemsize() : 0;
  if (kind == 'i' && size == 8) return take<std::int64_t>(array.data(), array.shape(0));
  if (kind == 'i' && size == 4) return take<std::int32_t>(array.data(), array.shape(0));
  const py::array_t<std::int64_t> wide(array);
  take<std::int64_t>(wide.data(), array.shape(0));
}

py::object Stepper::given(const py::object& array) const {
  return copy_ ? py::reinterpret_steal<py::object>(copied(array.ptr())) : array;
}

py::object Stepper::info_of(const Arrays& arrays, bool ended) const {
  const py::dict& made = ended ? arrays.with_end : arrays.without_end;
  if (!copy_) return py::reinterpret_steal<py::object>(PyDict_Copy(made.ptr()));
  py::dict info;
  for (const auto* list : {&arrays.of_state, &arrays.of_step}) {
    for (const Keyed& entry : *list) set(info.ptr(), entry.key, copied(entry.value.ptr()));
  }
  if (ended) {
    for (const Keyed& entry : arrays.of_end) set(info.ptr(), entry.key, copied(entry.value.ptr()));
  }
  return info;
}

PyObject* Stepper::step(PyObject* actions) {
  read_actions(actions);
  bool ended;
  if (batch_->slots() < kReleaseFrom) {
    ended = batch_->step(action_.data());
  } else {
    const py::gil_scoped_release release;
    ended = batch_->step(action_.data());
  }
  const Arrays& now = at_[batch_->shown()];
  const py::object observation = given(now.observation), reward = given(now.reward),
                   terminated = given(now.terminated), truncated = given(none_truncated_);
  const py::object info = info_of(now, ended);
  return PyTuple_Pack(5, observation.ptr(), reward.ptr(), terminated.ptr(), truncated.ptr(), info.ptr());
}

py::tuple Stepper::state() const {
  const Arrays& now = at_[batch_->shown()];
  py::dict info;
  for (const Keyed& entry : now.of_state) info[entry.key] = given(entry.value);
  return py::make_tuple(given(now.observation), info);
}

// A copy of the first row of an array of one row, with that dimension left out.
py::object first_row(const py::object& array) {
  const auto* proxy = py::detail::array_proxy(array.ptr());
  auto& api = py::detail::npy_api::get();
  Py_INCREF(proxy->descr);
  const py::object row = py::reinterpret_steal<py::object>(
      api.PyArray_NewFromDescr_(api.PyArray_Type_, proxy->descr, proxy->nd - 1, proxy->dimensions + 1,
                                nullptr, proxy->data, 0, nullptr));
  if (!row) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(copied(row.ptr()));
}

void Stepper::add_scalars(const Frame& frame, PyObject* info, bool stepped) const {
  const Arrays& now = at_[batch_->shown()];
  set(info, now.of_state[0].key, first_row(now.of_state[0].value).release().ptr());
  set(info, now.of_state[1].key, PyBool_FromLong(frame.infeasible[0]));
  for (const std::size_t i : {2, 3}) {
    set(info, now.of_state[i].key, first_row(now.of_state[i].value).release().ptr());
  }
  set(info, now.of_state[4].key, PyLong_FromLongLong(frame.episode[0]));
  if (!stepped) return;
  set(info, now.of_step[0].key, PyFloat_FromDouble(frame.cost[0]));
  set(info, now.of_step[1].key, first_row(now.of_step[1].value).release().ptr());
  set(info, now.of_step[2].key, PyFloat_FromDouble(frame.quality[0]));
  set(info, now.of_step[3].key, PyFloat_FromDouble(frame.association[0]));
}

py::tuple Stepper::state_one() const {
  py::dict info;
  add_scalars(batch_->frame(batch_->shown()), info.ptr(), false);
  return py::make_tuple(first_row(at_[batch_->shown()].observation), info);
}

PyObject* Stepper::step_one(PyObject* action) {
  if (batch_->over(0)) fail(ErrorKind::config, "step: the episode is over; call reset() first");
  const py::object index = py::reinterpret_steal<py::object>(PyNumber_Index(action));
  if (!index) {
    PyErr_Clear();
    fail(ErrorKind::config, "action: expected an integer, found {}",
         py::str(py::type::handle_of(action)).cast<std::string>());
  }
  int overflow = 0;
  const std::int64_t wide = PyLong_AsLongLongAndOverflow(index.ptr(), &overflow);
  take<std::int64_t>(&wide, 1);  // what overflows is -1
  batch_->step(action_.data());
  const Frame& frame = batch_->frame(batch_->shown());
  py::dict info;
  add_scalars(frame, info.ptr(), true);
  const py::object observation = first_row(at_[batch_->shown()].observation);
  const py::float_ reward(frame.reward[0]);
  return PyTuple_Pack(5, observation.ptr(), reward.ptr(), frame.terminal[0] != 0 ? Py_True : Py_False,
                      Py_False, info.ptr());
}

constexpr const char* kCapsule = "offloadbench.Stepper";

// `self` is a capsule that holds a shared_ptr<Stepper>.
template <PyObject* (Stepper::*function)(PyObject*)>
PyObject* call(PyObject* self, PyObject* argument) {
  try {
    auto* stepper = static_cast<std::shared_ptr<Stepper>*>(PyCapsule_GetPointer(self, kCapsule));
    return ((**stepper).*function)(argument);
  } catch (const Error& error) {
    set_error(error);
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
  return nullptr;
}

PyMethodDef step_definition = {"step", &call<&Stepper::step>, METH_O, "A step of all environments"};
PyMethodDef step_one_definition = {"step", &call<&Stepper::step_one>, METH_O, "A step of the environment"};

py::object function_of(std::shared_ptr<Stepper> stepper, PyMethodDef& definition) {
  const py::capsule self(new std::shared_ptr<Stepper>(std::move(stepper)), kCapsule, [](PyObject* capsule) {
    delete static_cast<std::shared_ptr<Stepper>*>(PyCapsule_GetPointer(capsule, kCapsule));
  });
  return py::reinterpret_steal<py::object>(PyCFunction_New(&definition, self.ptr()));
}

}  // namespace

void bind_stepper(py::module_& module) {
  py::class_<Stepper, std::shared_ptr<Stepper>>(module, "Stepper")
      .def(py::init<py::object, bool, bool>(), py::arg("batch"), py::arg("copy"), py::arg("writable") = false)
      .def(
          "step", [](std::shared_ptr<Stepper> self) { return function_of(std::move(self), step_definition); },
          "The step function of a vector environment")
      .def(
          "step_one",
          [](std::shared_ptr<Stepper> self) { return function_of(std::move(self), step_one_definition); },
          "The step function of a single environment")
      .def("state", &Stepper::state)
      .def("state_one", &Stepper::state_one)
      .def("masks", &Stepper::masks);
}

}  // namespace offload::binding
