// The lists beside the video: what is wrong with a save, what to look at in its video, and its steps.

const at = (id) => document.getElementById(id);

export function fillFaults(state, hasVideo) {
  at("faults").hidden = state.faults.length === 0;
  const failed = state.phase === "failed";
  at("faults-title").textContent = failed ? "Why it failed" : "What is wrong";
  at("faults-note").textContent = hasVideo ? "The video is that of the last save that could be rendered." : "";
  at("faults-note").hidden = !hasVideo;
  at("fault-list").replaceChildren(...state.faults.map((fault) => faultItem(fault, state.file)));
}

export function fillWarnings(video, goTo) {
  const steps = new Map(video.steps.map((step) => [step.id, step]));
  const order = (warning) => [warning.severity === "error-like" ? 0 : 1, startOf(warning, steps)];
  const sorted = video.warnings.toSorted((one, other) => {
    const [first, second] = [order(one), order(other)];
    return first[0] - second[0] || first[1] - second[1];
  });
  at("warnings").hidden = sorted.length === 0;
  at("warnings-title").textContent = sorted.length === 1 ? "1 warning" : `${sorted.length} warnings`;
  keepingFocus(at("warning-list"), sorted.map((warning) => warningItem(warning, steps, goTo)));
}

export function fillSteps(video, goTo) {
  at("steps").hidden = video.steps.length === 0;
  keepingFocus(at("step-list"), video.steps.map((step) => stepItem(step, goTo)));
}

/** The step that is on at a time of the video. */
export function stepAt(video, ms) {
  return video.steps.findLast((step) => step.startMs <= ms + 1);
}

export function markStep(video, ms) {
  const current = stepAt(video, ms);
  for (const button of at("step-list").querySelectorAll("button")) {
    if (button.dataset.key === `step ${current?.id}`) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
  }
}

function faultItem(fault, file) {
  const item = element("li");
  if (fault.line !== null) item.append(element("p", `${file}:${fault.line}:${fault.column}`, "place"));
  item.append(element("p", ended(fault.message), "message"));
  if (fault.hint) item.append(element("p", sentence(fault.hint), "hint"));
  item.append(element("p", fault.code, "where"));
  return item;
}

function warningItem(warning, steps, goTo) {
  const item = element("li", "", warning.severity);
  const step = steps.get(warning.stepId);
  const sign = element("span", warning.severity === "error-like" ? "▲" : "•", "sign");
  sign.ariaHidden = "true";
  const message = element("p", warning.message, "message");
  if (warning.severity === "error-like") message.prepend(element("span", "Important: ", "unseen"));
  item.append(sign, message);
  if (warning.hint) item.append(element("p", sentence(warning.hint), "hint"));
  const where = element("p", "", "where");
  if (step !== undefined) {
    const ms = startOf(warning, steps);
    const button = element("button", `${step.title}, ${clock(ms)}`);
    button.type = "button";
    button.dataset.key = `warning ${warning.stepId} ${warning.code}`;
    button.title = step.id;
    button.addEventListener("click", () => goTo(ms));
    where.append(button, ` · line ${step.line} · `);
  }
  where.append(warning.code);
  item.append(where);
  return item;
}

function stepItem(step, goTo) {
  const item = element("li");
  const button = element("button");
  button.type = "button";
  button.dataset.key = `step ${step.id}`;
  button.title = `${step.id}, line ${step.line}`;
  const count = element("span", step.warningCount ? `▲ ${step.warningCount}` : "", "count");
  count.ariaHidden = "true";
  button.append(
    element("span", clock(step.startMs), "time"),
    element("span", step.title, "name"),
    count,
  );
  if (step.warningCount) button.append(element("span", `, warnings: ${step.warningCount}`, "unseen"));
  button.addEventListener("click", () => goTo(step.startMs));
  item.append(button);
  return item;
}

function startOf(warning, steps) {
  return warning.atMs ?? steps.get(warning.stepId)?.startMs ?? 0;
}

/** Fill a list anew; who stands on one of its buttons stands on the same one afterwards. */
function keepingFocus(list, items) {
  const key = list.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  list.replaceChildren(...items);
  if (key !== undefined) {
    [...list.querySelectorAll("button")].find((button) => button.dataset.key === key)?.focus();
  }
}

function clock(ms) {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function sentence(text) {
  return ended(text[0].toUpperCase() + text.slice(1));
}

function ended(text) {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}
