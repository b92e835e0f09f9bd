#!/usr/bin/env bash
# template_test.sh WORK_FOLDER: makes the template of report.html again and compares it with the committed one.
set -euo pipefail
page=$(cd "$(dirname "$0")/../../reports" && pwd)
"$page/page/build.sh" "$1" "$1/page.html"
cmp "$1/page.html" "$page/page.html" || {
  echo "reports/page.html is not what reports/page makes: ./dev page, then commit it"
  exit 1
}
