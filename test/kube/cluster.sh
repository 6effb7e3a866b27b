#!/usr/bin/env bash
#
# A real Kubernetes control plane for tests: etcd and kube-apiserver, nothing else. All its state is
# in one directory. See README.md for what is in there and what such a cluster does not do.
#
#   cluster.sh up DIR [--owner PID]  start it; prints "ready". With --owner it also goes down by
#                                    itself once that process is gone, however it went.
#   cluster.sh down DIR              kill everything; fine to repeat. DIR itself stays.
#   cluster.sh status DIR            a line per process; exit code 0 when all run
#   cluster.sh kill-apiserver DIR    SIGKILL; the port stays its own
#   cluster.sh start-apiserver DIR   start it again on that port; prints "ready"
#   cluster.sh pause NAME DIR        SIGSTOP "etcd" or "apiserver": it hangs, it is not gone
#   cluster.sh resume NAME DIR       SIGCONT
#   cluster.sh revision DIR          etcd's revision: the newest resourceVersion there is
#   cluster.sh compact DIR           forget etcd's history; prints the revision
#   cluster.sh expire DIR            make every resourceVersion handed out so far too old to watch
#                                    or list from (410). Restarts the API server; prints the
#                                    revision up to which nothing is remembered.
#   cluster.sh kubectl DIR ARG...    kubectl as cluster admin
#   cluster.sh curl DIR PATH ARG...  curl of the API as cluster admin
#
# Environment: HPAPLUS_KUBE_APISERVER_ARGS  more flags of kube-apiserver, split at blanks

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
readonly here
readonly ready_seconds=120

# Unix sockets with names relative to DIR, which is the working directory of both processes: no
# ports to race for and no limit on the length of DIR. What follows the colon is a formality.
readonly etcd_socket=etcd.sock:0

fail() {
  echo "cluster.sh: $*" >&2
  exit 1
}

usage() {
  sed -n 's/^#   //p' "$here/cluster.sh" >&2
  exit 2
}

# ---- processes ------------------------------------------------------------------------------

# Start time of process $1, nothing when there is none or only a zombie of it. A zombie with threads
# is none yet: they still have its port.
started_at() {
  local line fields threads
  line=$(cat "/proc/$1/stat" 2> /dev/null) || return 1
  read -r -a fields <<< "${line##*) }"
  threads=("/proc/$1/task/"*)
  [[ ${fields[0]} != [ZX] || ${#threads[@]} -gt 1 ]] || return 1
  echo "${fields[19]}"
}

# The pid of process NAME when it runs. The start time next to it guards against a pid that has
# come to belong to another process.
pid_of() {
  local pid start
  [[ -f $dir/$1.pid ]] || return 1
  read -r pid start < "$dir/$1.pid" || return 1
  [[ $(started_at "$pid") == "$start" ]] || return 1
  echo "$pid"
}

# run NAME COMMAND...: starts it in DIR, in a process group of its own, with nothing inherited that
# would keep a pipe of the caller open.
run() {
  local name=$1 pid start
  shift
  (
    cd "$dir"
    exec setsid "$@" < /dev/null >> "$name.log" 2>&1 9>&-
  ) &
  pid=$!
  disown  # or bash tells about it when stop() kills it
  start=$(started_at "$pid") || fail "$name did not start; see $dir/$name.log"
  echo "$pid $start" > "$dir/$name.pid"
}

send() {
  local pid
  pid=$(pid_of "$2") || fail "$2 does not run"
  kill "-$1" "$pid"
}

stop() {
  local pid tries
  if pid=$(pid_of "$1"); then
    kill -KILL -- "-$pid" 2> /dev/null || kill -KILL "$pid" 2> /dev/null || true
    for ((tries = 0; tries < 500; tries++)); do
      started_at "$pid" > /dev/null || break
      sleep 0.02
    done
  fi
  rm -f "$dir/$1.pid"
}

# ---- credentials ----------------------------------------------------------------------------

base64_of() { openssl base64 -A -in "$1"; }

# certificate NAME SUBJECT EXTENSIONS: NAME.crt and NAME.key, signed by the CA.
certificate() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout "$1.key" -out "$1.csr" -subj "$2" 2>> openssl.log
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 \
    -extfile <(echo "$3") -out "$1.crt" 2>> openssl.log
  rm -f "$1.csr"
}

credentials() {
  local names
  umask 077
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
    -keyout ca.key -out ca.crt -subj /CN=hpaplus-test-ca \
    -addext keyUsage=critical,keyCertSign,cRLSign 2>> openssl.log
  names=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc
  names+=,DNS:kubernetes.default.svc.cluster.local,IP:127.0.0.1,IP:10.0.0.1
  certificate serving /CN=kube-apiserver \
    "subjectAltName=$names"$'\n'"extendedKeyUsage=serverAuth"
  certificate admin /O=system:masters/CN=admin "extendedKeyUsage=clientAuth"
  openssl ecparam -name prime256v1 -genkey -noout -out service-account.key 2>> openssl.log
  openssl rand -hex 16 > admin.token
  openssl rand -hex 16 > nobody.token
  {
    echo "$(< admin.token),token-admin,token-admin,\"system:masters\""
    echo "$(< nobody.token),nobody,nobody"
  } > tokens.csv
}

# kubeconfig USER CA-LINE CREDENTIAL-LINE...
kubeconfig() {
  local user=$1 authority=$2 line
  shift 2
  cat << END
apiVersion: v1
kind: Config
current-context: test
contexts:
- name: test
  context: {cluster: test, user: $user, namespace: default}
clusters:
- name: test
  cluster:
    server: $(< url)
    $authority
users:
- name: $user
  user:
END
  for line in "$@"; do echo "    $line"; done
}

# The three differ on purpose in how they carry the CA and the credential: a client has to cope
# with inline data, with file names and with relative ones.
kubeconfigs() {
  kubeconfig admin "certificate-authority-data: $(base64_of ca.crt)" \
    "client-certificate-data: $(base64_of admin.crt)" \
    "client-key-data: $(base64_of admin.key)" > admin.kubeconfig
  kubeconfig token-admin "certificate-authority: $dir/ca.crt" \
    "token: $(< admin.token)" > token.kubeconfig
  kubeconfig nobody "certificate-authority: ca.crt" "tokenFile: nobody.token" > nobody.kubeconfig
}

# ---- etcd and the API server ----------------------------------------------------------------

etcd_call() {
  (cd "$dir" && curl -sS --fail-with-body --unix-socket "$etcd_socket" -X POST \
    -d "${2:-{\}}" "http://localhost$1")
}

start_etcd() {
  local tries
  run etcd "$assets/etcd" --name=test --data-dir=etcd-data --unsafe-no-fsync --log-level=warn \
    --listen-client-urls="unix://$etcd_socket" --advertise-client-urls="unix://$etcd_socket" \
    --listen-peer-urls=unix://peer.sock:0 --initial-advertise-peer-urls=unix://peer.sock:0 \
    --initial-cluster=test=unix://peer.sock:0 --max-request-bytes=8388608
  for ((tries = 0; tries < 20 * ready_seconds; tries++)); do
    etcd_call /v3/maintenance/status > /dev/null 2>&1 && return
    pid_of etcd > /dev/null || break
    sleep 0.05
  done
  tail -n 5 "$dir/etcd.log" >&2
  fail "etcd does not come up"
}

# A port below the range that the kernel hands out by itself. Another process can still be quicker
# to take it, hence the retry in up().
free_port() {
  local port
  while :; do
    port=$((20000 + (RANDOM << 15 | RANDOM) % 12000))
    (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || break
  done
  echo "$port"
}

# Starts the API server on the port in DIR/port and waits until it is ready. Returns 1 when it is
# gone before that.
start_apiserver() {
  local tries extra
  read -r -a extra <<< "${HPAPLUS_KUBE_APISERVER_ARGS:-}"
  # ServiceAccount admission would refuse pods: no controller makes the default service account.
  # Anonymous requests get 401 rather than the 403 of system:anonymous.
  # Only cluster.sh compacts: the API server would every five minutes.
  run apiserver "$assets/kube-apiserver" \
    --etcd-servers="unix://$etcd_socket" --etcd-compaction-interval=0 \
    --bind-address=127.0.0.1 --secure-port="$(< "$dir/port")" \
    --advertise-address=127.0.0.1 --endpoint-reconciler-type=none \
    --tls-cert-file=serving.crt --tls-private-key-file=serving.key \
    --client-ca-file=ca.crt --token-auth-file=tokens.csv --anonymous-auth=false \
    --authorization-mode=RBAC --allow-privileged=true \
    --disable-admission-plugins=ServiceAccount \
    --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file=service-account.key \
    --service-account-signing-key-file=service-account.key \
    --service-cluster-ip-range=10.0.0.0/24 --profiling=false "${extra[@]}"
  for ((tries = 0; tries < 20 * ready_seconds; tries++)); do
    api /readyz --fail > /dev/null 2>&1 && return
    pid_of apiserver > /dev/null || return 1
    sleep 0.05
  done
  tail -n 5 "$dir/apiserver.log" >&2
  fail "kube-apiserver is not ready after $ready_seconds s"
}

api() {
  local path=$1
  shift
  curl -sS --cacert "$dir/ca.crt" --cert "$dir/admin.crt" --key "$dir/admin.key" \
    "$@" "$(< "$dir/url")$path"
}

# ---- verbs ----------------------------------------------------------------------------------

up() {
  local tries owner=
  case ${1:-} in
    '') ;;
    --owner) owner=${2:?--owner needs a pid} ;;
    *) usage ;;
  esac
  if pid_of etcd > /dev/null || pid_of apiserver > /dev/null; then
    fail "a cluster runs in $dir already"
  fi
  trap '[[ $? == 0 ]] || down' EXIT
  trap 'exit 130' INT TERM
  cd "$dir"
  rm -rf etcd-data ./*.sock:0 ./*.log
  echo "$assets" > assets
  credentials
  if [[ -n $owner ]]; then
    # It waits for this script as well: what starts after "down" would stay.
    # shellcheck disable=SC2016  # expanded by the inner shell
    run watchdog bash -c 'tail --pid="$1" -f /dev/null; tail --pid="$2" -f /dev/null
      rm -f watchdog.pid; exec "$3" down .' watchdog "$owner" "$$" "$here/cluster.sh"
  fi
  start_etcd
  for ((tries = 0; tries < 5; tries++)); do
    free_port > port
    echo "https://127.0.0.1:$(< port)" > url
    kubeconfigs
    if start_apiserver; then
      echo ready
      return
    fi
    grep -q 'address already in use' apiserver.log || break
  done
  tail -n 5 apiserver.log >&2
  fail "kube-apiserver does not come up; see $dir/apiserver.log"
}

down() {
  stop watchdog
  stop apiserver
  stop etcd
}

restart_apiserver() {
  pid_of apiserver > /dev/null && fail "the API server runs already"
  pid_of etcd > /dev/null || fail "etcd does not run; use up"
  start_apiserver && return
  tail -n 5 "$dir/apiserver.log" >&2
  fail "kube-apiserver does not come up; see $dir/apiserver.log"
}

status() {
  local name pid result=0
  for name in etcd apiserver; do
    if pid=$(pid_of "$name"); then
      echo "$name $pid $(awk '$1 == "VmRSS:" { print int($2 / 1024) " MiB" }' "/proc/$pid/status")"
    else
      echo "$name -"
      result=1
    fi
  done
  return "$result"
}

revision() {
  etcd_call /v3/maintenance/status | grep -o '"revision":"[0-9]*"' | grep -o '[0-9]*'
}

compact() {
  local revision answer
  revision=$(revision)
  if ! answer=$(etcd_call /v3/kv/compaction "{\"revision\":\"$revision\",\"physical\":true}" 2>&1)
  then
    [[ $answer == *"has been compacted"* ]] || fail "compaction at revision $revision: $answer"
  fi
  echo "$revision"
}

# Compaction alone is not enough: the API server answers a watch from its cache, which remembers
# what has happened since the server started. See "Making a watch expire" in README.md.
expire() {
  local name
  # Something must come after the versions given out so far, or the last of them stays watchable.
  for name in 1 2; do
    api /api/v1/namespaces/default --fail -o /dev/null -X PATCH \
      -H 'Content-Type: application/merge-patch+json' \
      -d "{\"metadata\":{\"annotations\":{\"hpaplus.test/expire\":\"$name $RANDOM$RANDOM\"}}}"
  done
  stop apiserver
  compact
  restart_apiserver
}

main() {
  local verb=${1:-} name=
  [[ $# -ge 2 ]] || usage
  shift
  case $verb in
    pause | resume)
      [[ $# -eq 2 ]] || usage
      name=$1
      shift
      ;;
  esac
  dir=$1
  shift
  if [[ $verb == up ]]; then
    assets=$("$here/assets.sh")
    mkdir -p "$dir"
  elif [[ ! -d $dir ]]; then
    [[ $verb == down ]] && exit 0
    fail "no directory $dir"
  else
    assets=$(cat "$dir/assets" 2> /dev/null || true)
  fi
  dir=$(cd "$dir" && pwd -P)
  readonly dir assets
  case $verb in
    up) up "$@" ;;
    down) down ;;
    status) status ;;
    kill-apiserver) stop apiserver ;;
    start-apiserver)
      restart_apiserver
      echo ready
      ;;
    pause) send STOP "$name" ;;
    resume) send CONT "$name" ;;
    revision) revision ;;
    compact) compact ;;
    expire) expire ;;
    kubectl) exec "$assets/kubectl" --kubeconfig "$dir/admin.kubeconfig" "$@" ;;
    curl) api "$@" ;;
    *) usage ;;
  esac
}

main "$@"
