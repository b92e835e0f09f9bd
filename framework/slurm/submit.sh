
cd "$folder/slurm/logs" || exit 5
missing=$("$command" slurm --missing "$folder") || exit
after=()
if [ -n "$missing" ]; then
  array=$(sbatch --parsable --array="$missing" "$@" ../array.sh) || exit 5
  array=${array%%;*}
  echo "parts $missing: job $array"
  after=(--dependency=afterany:"$array")
fi
merge=$(sbatch --parsable "${after[@]}" "$@" ../merge.sh) || exit 5
echo "merge: job ${merge%%;*}"
