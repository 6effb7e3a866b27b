#!/usr/bin/env bash
#
# Prints the directory that holds kube-apiserver, etcd and kubectl: real Kubernetes binaries for
# tests. Looks at $KUBEBUILDER_ASSETS, then at a cache, and else builds them from Go modules.
#
#   assets.sh            print the directory, building first when there is none
#   assets.sh --check    print it if it is there already; never build
#
# Exit codes: 0 printed; 1 the build broke; 2 usage; 3 cannot be had on this machine (one line on
# stderr says why), which a test may take as a reason to be skipped.
#
# Environment: KUBEBUILDER_ASSETS        a directory that has the three binaries already
#              XDG_CACHE_HOME            where the cache is (default ~/.cache)
#              HPAPLUS_KUBE_BUILD_JOBS   compilers at work at once (default 2)

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
readonly here
readonly binaries=(etcd kube-apiserver kubectl)

log() { echo "kube assets: $*" >&2; }

impossible() {
  echo "*** NO KUBERNETES BINARIES: $* ***" >&2
  exit 3
}

complete() {
  local name
  for name in "${binaries[@]}"; do
    [[ -f $1/$name && -x $1/$name ]] || return 1
  done
}

# True when version $1 (1.26.8) is at least version $2 (1.26.0).
at_least() {
  [[ $(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1) == "$2" ]]
}

cache_root() {
  if [[ -n ${XDG_CACHE_HOME:-} ]]; then
    echo "$XDG_CACHE_HOME/hpaplus"
  else
    echo "${HOME:?neither XDG_CACHE_HOME nor HOME is set}/.cache/hpaplus"
  fi
}

# Everything that decides what the binaries are.
cache_key() {
  (
    cd "$here"
    sha256sum go.mod go.sum assets.sh
    uname -sm
  ) | sha256sum | cut -c 1-16
}

check_go() {
  local have need
  need=$(awk '$1 == "go" { print $2; exit }' "$here/go.mod")
  command -v go > /dev/null ||
    impossible "no go in PATH; install Go $need or set KUBEBUILDER_ASSETS"
  # Go 1.21 and later may fetch the toolchain that go.mod asks for; an older one only complains.
  have=$(cd "$here" && go env GOVERSION 2> /dev/null) || have=unknown
  if [[ $have != go[0-9]* ]] || ! at_least "${have#go}" "$need"; then
    have=$(cd / && go version 2> /dev/null | awk '{ print $3 }')
    impossible "$(command -v go) is ${have:-broken}, Go $need is needed; or set KUBEBUILDER_ASSETS"
  fi
}

module_version() {
  awk -v module="$1" '$1 == module && $2 ~ /^v/ { print $2; exit }' "$here/go.mod"
}

# Downloads the modules the build needs. A small one goes first: without a network that fails (or
# hangs) soon.
fetch() {
  local errors=$1/fetch.log
  if ! timeout 60 go mod download golang.org/x/sync > "$errors" 2>&1 ||
    ! go list -mod=readonly -deps tool > /dev/null 2> "$errors"; then
    impossible "cannot fetch Go modules: $(grep -v '^go: downloading' "$errors" | tr '\n\t' '  ' |
      cut -c 1-200)"
  fi
}

build() {
  local target=$1 version stamp flags name package started
  check_go
  export CGO_ENABLED=0 GOWORK=off GOMAXPROCS="${HPAPLUS_KUBE_BUILD_JOBS:-2}"
  cd "$here"
  log "fetching Go modules"
  fetch "$target"

  # Unstamped binaries report v0.0.0, and an API server derives what it serves from its version.
  version=$(module_version k8s.io/kubernetes)
  stamp=k8s.io/component-base/version
  flags="-s -w"
  flags+=" -X $stamp.gitVersion=$version -X $stamp.gitTreeState=archive -X $stamp.gitCommit=unknown"
  flags+=" -X $stamp.gitMajor=1 -X $stamp.gitMinor=$(cut -d . -f 2 <<< "$version")"

  for name in "${binaries[@]}"; do
    case $name in
      etcd) package=go.etcd.io/etcd/server/v3 ;;
      *) package=k8s.io/kubernetes/cmd/$name ;;
    esac
    log "building $name (of etcd $(module_version go.etcd.io/etcd/server/v3)," \
      "Kubernetes $version); minutes, the first time"
    started=$SECONDS
    nice -n 10 go build -mod=readonly -buildvcs=false -trimpath -p "$GOMAXPROCS" \
      -tags grpcnotrace -ldflags "$flags" -o "$target/$name" "$package" >&2
    log "built $name in $((SECONDS - started)) s"
  done
}

main() {
  local check_only=false root directory temporary
  case ${1:-} in
    '') ;;
    --check) check_only=true ;;
    *)
      echo "usage: assets.sh [--check]" >&2
      exit 2
      ;;
  esac

  if [[ -n ${KUBEBUILDER_ASSETS:-} ]]; then
    if complete "$KUBEBUILDER_ASSETS"; then
      (cd "$KUBEBUILDER_ASSETS" && pwd)
      return
    fi
    $check_only || log "KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS lacks one of: ${binaries[*]}"
  fi

  root=$(cache_root)
  directory=$root/kube-$(cache_key)
  if complete "$directory"; then
    echo "$directory"
    return
  fi
  if $check_only; then
    impossible "not in \$KUBEBUILDER_ASSETS, not built; run $here/assets.sh"
  fi

  check_go
  mkdir -p "$root"
  exec 9> "$directory.lock"
  if ! flock -n 9; then
    log "another build is under way; waiting for it"
    flock 9
  fi
  if ! complete "$directory"; then
    rm -rf "$directory" "$directory".tmp.*
    temporary=$(mktemp -d "$directory.tmp.XXXXXX")
    # shellcheck disable=SC2064  # the name is wanted now, it is local
    trap "rm -rf '$temporary'" EXIT
    (build "$temporary" 9>&-)
    rm -f "$temporary/fetch.log"
    chmod 755 "$temporary"
    mv -T "$temporary" "$directory"
  fi
  echo "$directory"
}

main "$@"
