/* The page on which a person tries the model: it asks the API's own routes and shows what they answer.
 *
 * Names, labels and messages come from the model, so they enter the page as text, never as markup. Addresses are
 * relative to <base>, so that the page works below any prefix and behind any proxy.
 */

const POLL = 1000; // milliseconds between two looks at a model that is loading
const MOST_ROWS = 100; // of an answer are shown: browsers do not scroll a table of a million
const MOST_TEXT = 100_000; // characters of a body are shown
const LONGEST_ARGUMENT = 10_000; // characters of a body stand in the command itself

const STATES = { 200: ["ready", "Ready"], 503: ["loading", "Loading …"], 513: ["failed", "Cannot be loaded"] };
const AWAY = { health: { status: 503, content: {} }, state: ["failed", "The server does not answer"] };
const ARROW = "application/vnd.apache.arrow.file";
const TYPE_OF_EXTENSION = {
  ...{ csv: "text/csv", mtx: "text/mtx", json: "application/json", jsonl: "application/x-ndjson" },
  ...{ arrow: ARROW, feather: ARROW, parquet: "application/vnd.apache.parquet" },
};

const model = { route: "/predict/", labels: [], unstructured: false, columns: [] };
const $ = (id) => document.getElementById(id);
const form = $("question");

/* Children that are strings become text. */
function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function show(id, text) {
  $(id).textContent = text;
  $(id).hidden = !text;
}

function showState(id, state, text) {
  $(id).dataset.state = state;
  $(id).textContent = text;
}

/* Show each term whose values are known. */
function showFacts(id, facts) {
  const known = facts.filter(([, value]) => value ?? false);
  const entries = known.map(([term, ...values]) => [
    element("dt", {}, term),
    ...values.map((value) => element("dd", {}, value)),
  ]);
  $(id).replaceChildren(...entries.map((entry) => element("div", {}, ...entry)));
}

/* -- the model */

async function refresh() {
  const seen = await look().catch(() => AWAY);
  const { status, content } = seen.health;
  if (seen.api) showModel(seen);
  if (status === 200) showQuestion(seen.api.components?.schemas?.Row);
  showState("state", ...(seen.state ?? STATES[status] ?? ["failed", `Status ${status}`]));
  show("reason", status === 513 ? plain(content.message) : "");
  $("send").disabled = status !== 200;
  if (status === 503) setTimeout(refresh, POLL);
}

/* Health comes first, so that what is asked after it is that of the loaded model. */
async function look() {
  const health = await fetch("health/");
  const content = await health.json();
  const [api, info] = await Promise.all(["openapi.json", "info/"].map(async (path) => (await fetch(path)).json()));
  return { health: { status: health.status, content }, api, info };
}

function showModel({ api, info }) {
  const route = Object.keys(api.paths).find((path) => api.paths[path].post);
  Object.assign(model, { route, labels: info.labels ?? [], unstructured: info.targetType === "unstructured" });
  $("name").textContent = api.info.title;
  document.title = `${api.info.title} – try the model`;
  showFacts("facts", [
    ["Target type", info.targetType],
    ["Labels", ...model.labels],
    ["Runtime", info.predictor],
    ["Folder", info.codeDir],
    ["Version", info.drumVersion],
  ]);
  $("routes").replaceChildren(element("tbody", {}, ...Object.entries(api.paths).flatMap(routeRows)));
}

function routeRows([path, methods]) {
  return Object.entries(methods).map(([method, { summary = "" }]) => {
    const name = element("code", {}, path);
    const link = method === "get" ? element("a", { href: address(path) }, name) : name;
    const cells = [element("td", {}, link), element("td", {}, summary)];
    return element("tr", {}, heading(method.toUpperCase(), "row"), ...cells);
  });
}

const address = (path) => new URL(`.${path}`, document.baseURI);

/* -- the question */

function showQuestion(schema) {
  if (schema) showFields(schema);
  $("offer-form").hidden = !schema;
  for (const id of ["query", "text-type"]) $(id).hidden = !model.unstructured;
  $("format").hidden = model.unstructured;
  $("content-type").disabled = !model.unstructured;
  $("text").wrap = model.unstructured ? "soft" : "off";
  if (model.unstructured) $("text-label").textContent = "Any text";
  if (model.unstructured) $("file-label").textContent = "Any file";
  chooseSource(schema ? "form" : form.elements.source.value);
}

/* Only the chosen fieldset is enabled: a required field that is hidden would keep the form from being sent. */
function chooseSource(chosen) {
  form.elements.source.value = chosen;
  for (const source of Object.keys(SOURCES)) {
    $(`source-${source}`).hidden = $(`source-${source}`).disabled = source !== chosen;
  }
  showCommand();
}

function showFields({ properties, required = [] }) {
  model.columns = Object.entries(properties).map(([name, schema]) => column(name, schema, required.includes(name)));
  $("fields").replaceChildren(...model.columns.map(field));
}

/* Controls are kept here and have no name: one named "submit" would take the place of the form's own method. */
function column(name, schema, required) {
  const types = [schema.type].flat();
  const nullable = types.includes("null");
  const kinds = types.filter((type) => type !== "null");
  const kind = kinds.length === 1 ? kinds[0] : undefined; // several, or none, mean any
  const number = kind === "number" || kind === "integer";
  const choices = schema.enum?.filter((choice) => choice !== null) ?? (kind === "boolean" && [true, false]);
  const made = { name, schema, kind, number, nullable, optional: nullable || !required };
  made.control = choices ? choiceControl(made, choices) : number ? numberControl(made) : textControl();
  const example = schema.examples?.find((value) => value !== null) ?? schema.default ?? "";
  if (example !== "") made.control.value = choices ? JSON.stringify(example) : example;
  return made;
}

function choiceControl({ optional }, choices) {
  const options = choices.map((choice) => new Option(choice, JSON.stringify(choice)));
  return element("select", {}, ...(optional ? [new Option("", "")] : []), ...options);
}

function numberControl({ schema: { minimum: min = "", maximum: max = "" }, kind, optional }) {
  return element("input", { type: "number", step: kind === "integer" ? 1 : "any", min, max, required: !optional });
}

/* Texts may have several lines. */
const textControl = () => element("textarea", { rows: 1, spellcheck: false });

function field({ name, schema, control, optional }, number) {
  control.id = `field-${number}`;
  const range = [schema.minimum, schema.maximum].some(Number.isFinite);
  const limits = range && `${schema.minimum ?? ""} … ${schema.maximum ?? ""}`.trim();
  const hint = [schema.description, limits, optional && "may be empty"].filter(Boolean).join(", ");
  control.setAttribute("aria-describedby", `hint-${number}`);
  const label = element("label", { htmlFor: control.id }, name);
  return element("div", { className: "field" }, label, control, element("p", { id: `hint-${number}` }, hint));
}

function record(columns) {
  const pairs = columns.map((column) => [JSON.stringify(column.name), literal(column)]);
  const given = pairs.filter(([, value]) => value !== undefined);
  return `[{${given.map((pair) => pair.join(": ")).join(", ")}}]`;
}

/* Return the value of a field as JSON. Digits stay as they were typed: JavaScript rounds integers beyond 2^53. */
function literal({ control, kind, number, nullable, optional }) {
  const text = control.value;
  if (text === "" && optional) return nullable ? "null" : undefined;
  if (control.tagName === "SELECT" || (number && /^-?(0|[1-9]\d*)$/.test(text))) return text;
  if (number) return String(Number(text));
  return kind === undefined && parsed(text) !== undefined ? text : JSON.stringify(text);
}

/* What is sent, and of what type, from each fieldset. */
const SOURCES = {
  form: () => [record(model.columns), "application/json"],
  text: () => [$("text").value, typeOfText($("text").value)],
  file: (file = $("file").files[0] ?? new File([], "data.csv")) => [file, typeOfFile(file)],
};

function typeOfText(text) {
  if (model.unstructured) return $("content-type").value;
  return /^\s*[[{]/.test(text) ? "application/json" : "text/csv";
}

function typeOfFile({ name, type }) {
  return TYPE_OF_EXTENSION[name.split(".").at(-1).toLowerCase()] || type || "application/octet-stream";
}

/* Return the request that the form stands for. */
function request() {
  const [body, type] = SOURCES[form.elements.source.value]();
  const url = address(model.route);
  if (model.unstructured) url.search = new URLSearchParams($("parameters").value);
  return { url, body, headers: { "Content-Type": type, ...(!model.unstructured && { Accept: $("accept").value }) } };
}

function showCommand() {
  const { url, body, headers } = request();
  const options = Object.entries(headers).map((header) => `-H ${quoted(header.join(": "))}`);
  $("command").textContent = [`curl ${quoted(url.href)}`, ...options, dataOption(body)].join(" \\\n  ");
  $("copy").textContent = "Copy";
}

function dataOption(body) {
  if (body instanceof File) return `--data-binary ${quoted(`@${body.name}`)}`;
  return body.length > LONGEST_ARGUMENT ? "--data-binary @rows" : `--data-raw ${quoted(body)}`;
}

const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/* Browsers keep the clipboard from pages that came over plain HTTP; there, the old command still copies. */
async function copyCommand() {
  getSelection().selectAllChildren($("command"));
  if (navigator.clipboard) await navigator.clipboard.writeText($("command").textContent);
  else document.execCommand("copy");
  $("copy").textContent = "Copied";
}

/* -- the answer */

async function send(event) {
  event.preventDefault();
  $("send").disabled = true;
  clearAnswer("loading", "Waiting …");
  await showAnswer(request()).catch((error) => {
    clearAnswer("failed", "No answer");
    show("message", `The request failed: ${error.message}`);
  });
  $("send").disabled = false;
  $("answer").scrollIntoView({ block: "nearest" });
}

async function showAnswer({ url, body, headers }) {
  const started = performance.now();
  const reply = await fetch(url, { method: "POST", body, headers });
  const text = await reply.text();
  const time = performance.now() - started;
  const status = `${reply.status} ${reply.statusText}`.trim();
  clearAnswer(reply.ok ? "ready" : "failed", `${status} in ${time.toFixed(time < 10 ? 1 : 0)} ms`);
  const headersShown = ["Content-Type", "X-Request-Id"];
  showFacts("delivery", headersShown.map((name) => [name, reply.headers.get(name)]));
  showBody(reply, text);
}

function clearAnswer(state, summary) {
  showState("summary", state, summary);
  showFacts("delivery", []);
  for (const id of ["message", "body"]) show(id, "");
  for (const id of ["predictions", "raw"]) $(id).hidden = true;
}

function showBody(reply, text) {
  const answer = parsed(text);
  const tabular = reply.ok && !model.unstructured && Array.isArray(answer?.predictions);
  if (tabular) $("predictions").replaceChildren(tableOf(answer));
  $("predictions").hidden = !tabular;
  show("message", reply.ok ? "" : plain(answer?.message ?? text));
  show("body", text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)} …` : text);
  $("raw").hidden = !text;
  $("raw").open = reply.ok && !tabular;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // CSV, or the page of a proxy in between
  }
}

const plain = (message) => String(message).replace(/^ERROR: /, "");

function tableOf({ predictions, extraModelOutput: extra }) {
  const shown = predictions.slice(0, MOST_ROWS).map((prediction, number) => [
    ...(isRecord(prediction) ? Object.entries(prediction) : [["Prediction", prediction]]),
    ...(extra?.columns ?? []).map((name, position) => [name, extra.data[number][position]]),
  ]);
  const caption = `${predictions.length > MOST_ROWS ? `First ${MOST_ROWS} of ` : ""}${predictions.length} rows`;
  return predictions.length === 1 ? standing(shown[0]) : lying(caption, shown);
}

const isRecord = (value) => value instanceof Object && !Array.isArray(value);
const heading = (text, scope) => element("th", { scope }, text);

/* A single prediction stands: its classes are below each other, where their bars compare. */
function standing(cells) {
  const rows = cells.map(([name, value]) => element("tr", {}, heading(name, "row"), cell([name, value])));
  return element("table", {}, element("tbody", {}, ...rows));
}

function lying(caption, rows) {
  const names = (rows[0] ?? []).map(([name]) => heading(name, "col"));
  const body = rows.map((cells, index) => element("tr", {}, heading(`${index + 1}`, "row"), ...cells.map(cell)));
  const head = element("thead", {}, element("tr", {}, heading("Row", "col"), ...names));
  return element("table", {}, element("caption", {}, caption), head, element("tbody", {}, ...body));
}

function cell([name, value]) {
  const isShare = typeof value === "number" && model.labels.includes(name);
  const made = element("td", { title: String(value) }, isShare ? value.toFixed(4) : brief(value));
  if (!isShare) return made;
  made.append(element("i"));
  made.style.setProperty("--share", value); // the policy forbids style attributes, but not what a script sets
  return made;
}

function brief(value) {
  if (typeof value === "number") return String(Number(value.toPrecision(6)));
  return value === null ? "missing" : typeof value === "string" ? value : JSON.stringify(value);
}

form.addEventListener("submit", send);
form.addEventListener("input", showCommand);
form.addEventListener("change", () => chooseSource(form.elements.source.value));
form.addEventListener("keydown", ({ key, ctrlKey, metaKey }) => {
  if (key === "Enter" && (ctrlKey || metaKey)) $("send").click();
});
$("copy").addEventListener("click", copyCommand);
refresh();
