"use strict";
// Without this script every table is a plain one. It names the cells of all, for narrow screens, and adds to those with
// an id: sorting by any column, and choices.
for (const table of document.querySelectorAll("table")) {
  const names = [...table.tHead.rows[0].cells].map(head => [...head.childNodes].map(part => part.textContent).join(" "));
  for (const row of table.tBodies[0].rows) [...row.cells].forEach((cell, column) => { cell.dataset.name = names[column]; });
  table.classList.add("named");
}
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...table.tBodies[0].rows];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(table, heads, rows, column));
  });
  const chosen = heads.flatMap((head, column) => "filter" in head.dataset ? [column] : []);
  if (chosen.length) offer(table, heads, rows, chosen);
}

function text(cell) { // without what is small
  return cell.firstChild ? cell.firstChild.textContent : "";
}

function value(row, column) {
  const cell = row.cells[column];
  return "v" in cell.dataset ? Number(cell.dataset.v) : text(cell);
}

function sort(table, heads, rows, column) {
  const head = heads[column];
  const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const other of heads) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
  const numbers = rows.some(row => typeof value(row, column) === "number");
  const keyed = rows.map(row => [value(row, column), row]);
  keyed.sort(([a], [b]) => {
    if (!numbers) return sign * a.localeCompare(b, "en", { numeric: true });
    const unknown = (typeof a !== "number") - (typeof b !== "number"); // what is unknown comes last, either way
    return unknown || (typeof a === "number" ? sign * (a - b) : 0);
  });
  table.tBodies[0].append(...keyed.map(([, row]) => row));
}

function offer(table, heads, rows, columns) {
  const box = document.createElement("div");
  box.className = "filters";
  box.setAttribute("role", "search");
  const count = document.createElement("output");
  const search = document.createElement("input");
  search.type = "search";
  search.placeholder = "any text";
  box.append(labelled("search", search));
  const texts = rows.map(row => row.textContent.toLowerCase());
  const choices = columns.map(column => {
    const select = document.createElement("select");
    select.append(new Option("all", ""));
    for (const each of new Set(rows.map(row => text(row.cells[column])))) select.append(new Option(each, each));
    box.append(labelled(heads[column].textContent, select));
    return [column, select];
  });
  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, at) => {
      const fits = words.every(word => texts[at].includes(word))
        && choices.every(([column, select]) => !select.value || text(row.cells[column]) === select.value);
      row.hidden = !fits;
      shown += fits;
    });
    count.textContent = `${shown} of ${rows.length} rows`;
  };
  box.addEventListener("input", apply);
  box.append(count);
  table.parentElement.before(box);
  apply();
}

function labelled(text, control) {
  const label = document.createElement("label");
  label.append(text, control);
  return label;
}
