#!/usr/bin/env bash
# The main job, shown: a county's hub and six schools on this machine, rosters from office files, records written with the link cut, the school year so far
# at four schools (demo_year.py: roll calls, checks, care, aid approved and paid), edits on both sides of a cut link, and the county's answers. Without arguments the hub and the schools keep running; --check verifies the outcome, stops everything and exits 0 or 1.
set -euo pipefail
cd "$(dirname "$0")/.."
usage() {
  cat <<'TEXT'
deploy/demo.sh [--check]

演示：在本机起一个县级平台和六所学校，导入花名册，断网记录，联网同步，县里汇总；打印网址、账号和停止的命令，然后一直运行。
      --check 自动核对结果后停止，全对退出码为 0。
Shows the main job on this machine: a county's hub and six schools, rosters, records written offline, sync, the county's answers;
prints addresses, logins and the command that stops it, and leaves all running. --check verifies the outcome unattended, stops, and exits 0 if all is right.
Environment: HUXUE_LANG=zh|en, TMPDIR (where its data is kept).
TEXT
}
check=no
case "${1:-}" in
  "") ;;
  --check) check=yes ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac
bash deploy/tools.sh
cargo build --locked -q -p huxue-hub -p huxue-node
bin=${CARGO_TARGET_DIR:-target}/debug
work=$(mktemp -d "${TMPDIR:-/tmp}/huxue-demo.XXXXXX")
export HUXUE_LANG=${HUXUE_LANG:-zh} HUXUE_LOG=${HUXUE_LOG:-warn}
pids=(); failures=0
stop_all() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; }
cleanup() { if [ $check = yes ]; then stop_all; rm -rf "$work"; fi; }
trap cleanup EXIT
say() { printf '\n\033[1m── %s\033[0m\n' "$*"; }
hub() { "$bin/huxue-hub" --data "$work/hub" "$@"; }
node() { local n=$1; shift; "$bin/huxue-node" --data "$work/school$n" "$@"; }
get() { python3 -c 'import json,sys; v=json.load(sys.stdin)
for k in sys.argv[1].split("."): v=v[int(k)] if k.isdigit() else v[k]
print(v)' "$1"; }
count() { python3 -c 'import json,sys; print(len(json.load(sys.stdin)[sys.argv[1]]))' "$1"; }
# The rows of an answer as one short word, to be compared.
rows_of() { python3 -c 'import hashlib,json,sys; print(hashlib.sha256(json.dumps(json.load(sys.stdin)["rows"], sort_keys=True).encode()).hexdigest()[:8])'; }
wait_ready() { for _ in $(seq 600); do grep -q '"ready"' "$1" 2>/dev/null && return 0; sleep 0.1; done; echo "not ready: $1" >&2; cat "$1" >&2; exit 1; }
expect() { # name, wanted, found
  if [ "$2" = "$3" ]; then echo "  ✓ $1: $3"; else echo "  ✗ $1: wanted $2, found $3"; failures=$((failures + 1)); fi
}
start_node() { "$bin/huxue-node" --data "$work/school$1" serve --listen-http 127.0.0.1:0 >"$work/school$1.out" 2>"$work/school$1.err" & pids+=($!); eval "pid$1=$!"; wait_ready "$work/school$1.out"; }
stop_node() { # and forget its number: another process may get it
  local name=pid$1 left=() pid; kill "${!name}"; wait "${!name}" 2>/dev/null || true
  for pid in "${pids[@]}"; do [ "$pid" = "${!name}" ] || left+=("$pid"); done; pids=("${left[@]}")
}

say "县级平台 The county's hub"
hub init --county 529901 --name 某某县
hub school import shared/samples/schools.csv >/dev/null
hub import ledger aid_programme shared/samples/aid_programmes.csv --json >"$work/programmes.json" || true
hub import ledger calendar shared/samples/calendar.csv --json >"$work/calendar.json" || true
"$bin/huxue-hub" --data "$work/hub" serve --listen-quic 127.0.0.1:0 --listen-http 127.0.0.1:0 >"$work/hub.out" 2>"$work/hub.err" & pids+=($!)
wait_ready "$work/hub.out"
quic=$(get quic <"$work/hub.out")
hub school list

say "六所学校注册并导入花名册 Six schools enrol and import their rosters"
rosters=(- roster-messy.xlsx roster-clean.xlsx roster-legacy.xls roster-gb18030.csv - -)
for n in 1 2 3 4 5 6; do
  token=$(hub --json enrol issue --school 529901000$n | get token)
  node $n enrol --hub "$quic" --token "$token" >/dev/null
  if [ "${rosters[$n]}" != - ]; then
    node $n --json import roster "tests/samples/${rosters[$n]}" >"$work/import$n.json" || true
    echo "  学校 $n: 接受 $(get accepted <"$work/import$n.json"), 拒绝 $(get rejected <"$work/import$n.json")"
  fi
done

token=$(hub --json enrol issue --school 5299010002 | get token)
node 7 enrol --hub "$quic" --token "$token" >/dev/null
echo "  学校 2 的第二台电脑已注册 a second machine of school 2"

say "断网时照常记录 Records with no link at all"
child() { python3 -c 'import json,sys; r=[x for x in json.load(open(sys.argv[1]))["rows"] if x["accept"] and x["id"]]; print(r[int(sys.argv[2])]["id"])' "$work/import$1.json" "$2"; }
name_of() { python3 -c 'import json,sys; r=[x for x in json.load(open(sys.argv[1]))["rows"] if x["accept"] and x["id"]]; print(r[int(sys.argv[2])]["name"])' "$work/import$1.json" "$2"; }
a=$(child 1 0); b=$(child 1 1); c=$(child 1 2)
node 1 record add dropout_check --student "$a" --set method=roll --set state=absent --set days_absent=3 --set checked_by=王老师 --by 王老师
node 1 record add care_log --student "$b" --set kind=visit --set with=guardian --set reached=yes --by 王老师
node 1 record set "$c" --set registered_household=registered >/dev/null
cases=$(node 1 --json record list dropout_case | count rows)
case_id=$(node 1 --json record list dropout_case | get rows.0._id)
expect "三天无故缺勤自动建立疑似个案 three days absent opened a case" 1 "$cases"
node 1 status

# Logins of each school's desk: a registrar and a class teacher, with one-time passwords.
for n in 1 2 3 4 5 6; do
  registrar=$(node $n --json account add wang --name 王主任 --role registrar --role aid_officer | get password)
  teacher=$(node $n --json account add li --name 李老师 --role class_teacher --class 3.1 --class 3.2 | get password)
  echo "  学校 school $n: http://ADDRESS$n/   wang $registrar   li $teacher" >>"$work/logins"
done
expect "每所学校的网页账号 logins of each school's desk" 2 "$(node 1 --json account list | count accounts)"

say "联网同步 The link comes up"
for n in 1 2 3 4 5 6; do start_node $n; node $n sync now >/dev/null; done
node 7 sync now >/dev/null # without a daemon: dials once
hub node list

say "本学年至今的记录 The school year so far: roll calls, checks, care, aid"
python3 deploy/demo_year.py "$bin/huxue-hub" "$bin/huxue-node" "$work"

say "两边同时修改 Edits on both sides of a cut link"
stop_node 2
d=$(child 2 0)
dup_id=$(child 1 5); dup_name=$(name_of 1 5)
[ $((${dup_id:16:1} % 2)) = 1 ] && dup_sex=male || dup_sex=female # GB 11643: digit 17, odd is male
node 2 record set "$d" --set address=甲村一组 >/dev/null
node 7 record set "$d" --set address=乙村二组 >/dev/null
node 2 record add enrolment --set name="$dup_name" --set id_type=resident --set id_no="$dup_id" --set sex="$dup_sex" --set birth="${dup_id:6:4}-${dup_id:10:2}-${dup_id:12:2}" --set grade=3 --set class=1 \
  --set stage=primary --set boarding=day --set left_behind=no --set registered_household=no --set village=石桥村 >/dev/null
stop_node 1
node 1 record step "$case_id" verify --set kind=dropped --by 王老师 >/dev/null || node 1 record step "$case_id" verify --set kind=dropped --set last_day=2026-11-20 --by 王老师
start_node 1; start_node 2
for n in 1 2 7; do node $n sync now >/dev/null; done
node 2 sync now >/dev/null

say "县里问 The county asks"
hub conflicts list
planted=$(hub --json conflicts list --kind field | get conflicts.0.field)
expect "两台电脑改同一栏成为待处理事项 the planted conflict" address "$planted"
node 2 conflicts resolve "$(node 2 --json conflicts list --kind field | get conflicts.0.id)" --choose 甲村一组 --by 李校长 >/dev/null
node 2 sync now >/dev/null
for _ in $(seq 100); do
  unsettled=$(hub --json conflicts list --kind field | count conflicts)
  [ "$unsettled" = 0 ] && break; sleep 0.1
done
expect "由人选择后县里也一致 settled by a person, also at the county" 0 "$unsettled"
hub report run enrolment_headcount --format table | head -20
for report in dropout_now aid_paid; do echo; hub report run $report; done
for report in left_behind_no_contact must_aid_unaided in_two_schools; do echo; hub report run $report | head -12; done
unaided=$(hub --json report run must_aid_unaided | count rows)
duplicates=$(hub --json conflicts list --kind duplicate_child | count conflicts)

say "核对 Check"
for n in 1 2 3 4; do
  for report in enrolment_headcount dropout_now left_behind_no_contact must_aid_unaided aid_paid; do
    for _ in $(seq 100); do # until the county has merged what it acknowledged
      here=$(node $n --json report run $report --school 529901000$n | rows_of)
      there=$(hub --json report run $report --school 529901000$n | rows_of)
      [ "$here" = "$there" ] && break; sleep 0.1
    done
    expect "学校 $n 与县里答案一致 school and county agree: $report" "$here" "$there"
  done
  expect "学校 $n 已同步 in sync" True "$(node $n --json status | get in_sync)"
done
expect "同一孩子在两校 the planted duplicate child" 1 "$duplicates"
for report in dropout_now left_behind_no_contact aid_paid; do
  found=$(hub --json report run $report | count rows)
  if [ "$found" -ge 1 ]; then echo "  ✓ 县里的答案 the county's answer $report: $found"; else echo "  ✗ $report is empty"; failures=$((failures + 1)); fi
done
if [ "$unaided" -ge 1 ]; then echo "  ✓ 应助未助 must be aided and is not: $unaided"; else echo "  ✗ no unaided child found"; failures=$((failures + 1)); fi
expect "县里看到的个案状态 the case's state at the county" verifying "$(hub --json record show "$case_id" | get row.state)"
for n in 1 2 3 4; do
  if node $n verify >/dev/null; then echo "  ✓ 学校 $n verify"; else echo "  ✗ school $n verify"; failures=$((failures + 1)); fi
done
if hub verify >/dev/null; then echo "  ✓ 县 verify"; else echo "  ✗ hub verify"; failures=$((failures + 1)); fi

if [ $check = yes ]; then
  [ "$failures" = 0 ] && echo "demo: all checks passed" || echo "demo: $failures checks failed"
  exit $((failures > 0))
fi
say "都在运行 Everything keeps running"
echo "  县级平台 hub:   UDP $quic (学校连接 for schools)   http://$(get http <"$work/hub.out")/healthz /readyz /metrics"
for n in 1 2 3 4 5 6; do sed -n "s|ADDRESS$n|$(tail -n 1 "$work/school$n.out" | get http)|p" "$work/logins"; done
echo "  学校网页：用本机浏览器打开上面的地址。wang 是学籍管理员兼资助专干，li 是班主任；一次性密码在第一次登录时更换。"
echo "  A school's desk: open its address in this machine's browser. wang is registrar and aid officer, li a class teacher; the one-time password is changed at the first login."
echo "  县级平台还没有网页，用命令行：the county has no web pages yet; the command line:"
echo "    $bin/huxue-hub --data $work/hub report list"
echo "    $bin/huxue-node --data $work/school1 status"
echo "  数据 data: $work     停止 stop: kill ${pids[*]}"
