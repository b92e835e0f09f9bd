# Sourced by slurm-*.sh and benchmarks/slurm/try.sh: a Slurm cluster on loopback from Debian's packages, unpacked in a
# temporary folder. Every machine of it is a slurmd in namespaces of its own, with a host name and a $work/local that no
# other machine sees; ending its first process ends all that runs on it, as the loss of a machine does. Nothing is
# installed, and cluster_end leaves nothing behind. Needs root and $work, an empty folder without % in its name.

cluster_unpack() {
  local package
  for package in libmunge2=0.5.15-2+deb12u1 munge=0.5.15-2+deb12u1 liblua5.1-0=5.1.5-9 \
    slurm-wlm-basic-plugins=22.05.8-4+deb12u3 slurm-client=22.05.8-4+deb12u3 slurmctld=22.05.8-4+deb12u3 \
    slurmd=22.05.8-4+deb12u3; do
    (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "$package" &&
      dpkg-deb -x "${package%%=*}"_*.deb "$work/deb" && rm "${package%%=*}"_*.deb) ||
      { echo "cannot download $package: needs Debian 12 and an apt-get update" >&2; exit 2; }
  done
  cluster_libraries=$work/deb/usr/lib/x86_64-linux-gnu
  export LD_LIBRARY_PATH=$cluster_libraries:$cluster_libraries/slurm-wlm
  export PATH=$work/deb/usr/bin:$work/deb/usr/sbin:$PATH
  munged --version >/dev/null 2>&1 && slurmctld-wlm -V >"$work/version" 2>&1 ||
    { echo "Slurm does not start: apt-get install slurm-wlm brings its libraries" >&2; exit 2; }
}

# cluster_port: a port that is free now.
cluster_port() {
  python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# cluster_configure NODES [LINE of slurm.conf...]: machines n1, n2, ... of one processor each.
cluster_configure() {
  local node
  mkdir -p "$work/state" "$work/log" "$work/local"
  export SLURM_CONF=$work/slurm.conf TMPDIR=$work/local
  echo "127.0.0.1 localhost control $(seq -f 'n%g' -s ' ' "$1")" >"$work/hosts"
  {
    cat <<CONF
ClusterName=try
SlurmctldHost=control(127.0.0.1)
SlurmctldPort=$(cluster_port)
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
CredType=cred/munge
PluginDir=$cluster_libraries/slurm-wlm
PlugStackConfig=/dev/null
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool-%n
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd-%n.pid
SlurmctldLogFile=$work/log/slurmctld.log
SlurmdLogFile=$work/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmdTimeout=10
SlurmctldTimeout=10
KillWait=5
CONF
    for node in $(seq "$1"); do
      echo "NodeName=n$node NodeHostname=n$node NodeAddr=127.0.0.1 Port=$(cluster_port) CPUs=1 State=UNKNOWN"
    done
    echo "PartitionName=main Nodes=n[1-$1] Default=YES MaxTime=INFINITE State=UP"
    shift
    [ $# -eq 0 ] || printf '%s\n' "$@"
  } >"$SLURM_CONF"
}

# cluster_begin NODES [LINE of slurm.conf...]
cluster_begin() {
  [ "$(id -u)" = 0 ] || { echo "skipped: needs root for machines of its own"; exit 0; }
  unshare -u -m -p -f --mount-proc true 2>/dev/null || { echo "skipped: no namespaces here"; exit 0; }
  command -v python3 >/dev/null || { echo "needs python3: apt-get install python3" >&2; exit 2; }
  cluster_unpack
  cluster_configure "$@"
  cluster_started=() cluster_control=
  declare -gA cluster_node=()
  (umask 077 && dd if=/dev/urandom of="$work/munge.key" bs=1024 count=1 2>/dev/null)
  munged --foreground --force --key-file="$work/munge.key" --socket="$work/munge.socket" \
    --pid-file="$work/munged.pid" --log-file="$work/munged.log" --seed-file="$work/munged.seed" \
    >"$work/log/munged" 2>&1 &
  cluster_started+=($!)
  cluster_await "munge -S $work/munge.socket -n >/dev/null 2>&1" 20
  unshare -u -m bash -c 'hostname control && mount --bind "$0/hosts" /etc/hosts && exec slurmctld-wlm -D -i' "$work" \
    >"$work/log/control" 2>&1 &
  cluster_control=$!
  cluster_await "scontrol ping 2>/dev/null | grep -q UP" 30
  local node
  for node in $(seq "$1"); do node_begin "n$node"; done
  cluster_await "[ \"\$(sinfo -h -t idle -o %D)\" = $1 ]" 60
}

# cluster_await CONDITION SECONDS
cluster_await() {
  local end=$((SECONDS + $2))
  until eval "$1"; do
    [ $SECONDS -lt $end ] || { echo "not within $2 s: $1" >&2; touch "$work/cluster-failed"; exit 2; }
    sleep 0.5
  done
}

node_begin() {
  mkdir -p "$work/local-$1"
  unshare -u -m -p -f --kill-child --mount-proc bash -c \
    'hostname "$1" && mount --bind "$2/hosts" /etc/hosts && mount --bind "$2/local-$1" "$2/local" &&
      exec slurmd-wlm -D -d "$2/deb/usr/sbin/slurmstepd-wlm"' node "$1" "$work" >"$work/log/$1" 2>&1 &
  cluster_node[$1]=$!
}

node_kill() {
  kill -9 "${cluster_node[$1]}"
  wait "${cluster_node[$1]}" 2>/dev/null || true
  unset "cluster_node[$1]"
}

cluster_end() {
  local pid
  [ ! -e "$work/cluster-failed" ] || tail -n 20 "$work"/log/* >&2
  for pid in "${cluster_node[@]:-}" "${cluster_control:-}" "${cluster_started[@]:-}"; do
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
    [ -z "$pid" ] || wait "$pid" 2>/dev/null || true
  done
  rm -rf "$work"
}

# expect WHAT BEFORE NOW: says what is seen, and ends the finding where it is not what it was.
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}

# cluster_finding NODES [LINE of slurm.conf...]: how every finding begins: with $work, a cluster in it that ends with the
# script, and the version that it was seen with.
cluster_finding() {
  work=$(mktemp -d)
  trap cluster_end EXIT
  cluster_begin "$@"
  expect 'version' 'slurm-wlm 22.05.8' "$(cat "$work/version")"
}
