// Tables for a paper, as `offload-bench export` lays them out: as wide as the text of an article. What is wider is set below
// itself, the first column again; long texts break.

const latexMarks = {'&': '\\&', '%': '\\%', $: '\\$', '#': '\\#', _: '\\_', '{': '\\{', '}': '\\}', '\\': '\\textbackslash{}', '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}', '<': '\\textless{}', '>': '\\textgreater{}', '|': '\\textbar{}', '"': '\\textquotedbl{}', '–': '--', '−': '$-$',
  '²': '$^2$', 'µ': '$\\mu$', 'τ': '$\\tau$', '×': '$\\times$', '≥': '$\\geq$', '…': '\\ldots{}', '\u202f': '\\,', '\u00a0': '~', '’': "'", '“': '``', '”': "''",
  // After a line's end these two would be its argument; two hyphens would be one dash.
  '[': '{[}', '*': '{*}', '-': '-{}'};
const latex = (text) => shown(text).replace(/[&%$#_{}\\~^<>|"–−²µτ×≥…\u202f\u00a0’“”[*]|-(?=-)/g, (c) => latexMarks[c]);

const paperWidth = 335, breakWidth = 130, columnGap = 8;  // pt: of an article's text at 10 pt, of a column that breaks, between two

// At \\footnotesize; rather too much than too little.
const advance = (c) => (/[ijltfI.,:;'!|()[\]/ ]/.test(c) ? 2.8 : /[A-LN-Z0-9a-ln-z<>+-]/.test(c) ? (/[A-Z<>+]/.test(c) ? 6.6 : 4.5) : 7.4);
const widthOf = (text) => sumOf(Array.from(text, advance));
const widest = (texts) => Math.max(0, ...texts.map(widthOf));

// Where a word is longer than a column, it may break: hashes have no other place.
const breaking = (text) => latex(text).replace(/(?<!\\[a-z]*)[^\s\\{}]{16,}/g, (word) => word.replace(/.{8}(?=.)/g, '$&\\allowbreak{}'));

// A head in lines no wider than its column's cells, or than its longest word.
function headLines(title, width) {
  const words = shown(title).split(' '), most = Math.max(width, widest(words)), lines = [];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && widthOf(longer) <= most) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function paperColumn(column, rows, narrow) {
  const texts = rows.map((row) => {
    const ends = column.interval?.(row), show = column.show ?? fixed;
    return isNumber(ends?.low) ? `${show(column.value(row))} [${show(ends.low)}, ${show(ends.high)}]` : shown(plain(contentOf(column, row)));
  });
  const natural = widest(texts), breaks = natural > breakWidth && column.text, body = breaks ? breakWidth : natural;
  const head = narrow ? headLines(column.title, body) : [shown(column.title)];
  const side = column.text ? 'l' : 'r';
  return {text: column.text, width: Math.max(body, widest(head)), kind: breaks ? `p{${breakWidth}pt}` : side,
    head: head.length > 1 ? `\\shortstack[${side}]{${head.map(latex).join('\\\\')}}` : latex(head[0]), cells: texts.map(breaks ? breaking : latex)};
}

const paperColumnsOf = (columns, rows, narrow) => columns.map((column) => paperColumn(column, rows, narrow));
const widthOfAll = (columns) => sumOf(columns.map((column) => column.width)) + columnGap * (columns.length - 1);

// The columns in as few groups as are narrow enough, each with what tells the rows apart.
function groupsOf(columns) {
  const key = columns.find((column) => column.text) ?? columns[0], groups = [[]];
  let width = -columnGap;
  for (const column of columns) {
    if (groups.at(-1).length > 1 && width + columnGap + column.width > paperWidth) {
      groups.push([key]);
      width = key.width;
    }
    groups.at(-1).push(column);
    width += columnGap + column.width;
  }
  return groups;
}

function latexOf(caption, columns, rows) {
  const plainHeads = paperColumnsOf(columns, rows, false);
  const groups = widthOfAll(plainHeads) <= paperWidth ? [plainHeads] : groupsOf(paperColumnsOf(columns, rows, true));
  const line = (cells) => `${cells.join(' & ')} \\\\`;
  const tabular = (group) => [`\\begin{tabular}{@{}${group.map((column) => column.kind).join('')}@{}}`, '\\toprule', line(group.map((column) => column.head)), '\\midrule',
    ...rows.map((_, i) => line(group.map((column) => column.cells[i]))), '\\bottomrule', '\\end{tabular}'].join('\n');
  return ['% Needs \\usepackage{booktabs} and, for quotation marks, \\usepackage[T1]{fontenc}.', '\\begin{table}', '\\centering', `\\caption{${latex(caption)}}`,
    '\\footnotesize\\setlength{\\tabcolsep}{4pt}%', groups.map(tabular).join('\n\n\\medskip\n'), '\\end{table}', ''].join('\n');
}
