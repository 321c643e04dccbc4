# What db_bench can't do it refuses: exit code 2 for a wrong command line, 1 for what can't be written to.
# It removes nothing that was there before.
#
#   sh bench_refuses.sh PATH/db_bench
bench=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

refuses() {  # refuses CODE ARGUMENT...
  due=$1
  shift
  "$bench" "$@" >"$work/out" 2>"$work/err"
  code=$?
  if [ "$code" -ne "$due" ] || [ ! -s "$work/err" ] || [ -s "$work/out" ]; then
    echo "db_bench $*: exit code $code, due is $due and a message; it said:"
    cat "$work/out" "$work/err"
    exit 1
  fi
}

refuses 2 --nonsense
refuses 2 1000000
refuses 2 --num
refuses 2 --num many
refuses 2 --num -5
refuses 2 --num 0
refuses 2 --rounds 0
refuses 2 --threads 1,1
refuses 2 --threads 1,,2
refuses 2 --workloads fillrandom,nonsense
refuses 2 --stores nonsense
refuses 2 --compression lzma
refuses 2 --value-size 0
refuses 2 --throttle fast
refuses 2 --seconds 0
refuses 2 --flows gentle
refuses 1 --dir "$work/nowhere" --num 100
refuses 1 --json "$work/nowhere/report.json" --dir "$work" --num 100

mkdir "$work/full" && echo mine >"$work/full/file"
"$bench" --help | grep -q -- --workloads || { echo "--help does not help"; exit 1; }
"$bench" --num 100 --rounds 1 --stores lsmkit --workloads fillrandom --dir "$work/full" \
  --json "$work/report.json" >"$work/out" 2>"$work/err" || { cat "$work/err"; exit 1; }
grep -q fillrandom "$work/out" || { echo "no report"; exit 1; }
grep -q '"workload": "fillrandom"' "$work/report.json" || { echo "no JSON"; exit 1; }
[ "$(ls "$work/full")" = file ] || { echo "it left behind, or removed: $(ls "$work/full")"; exit 1; }
