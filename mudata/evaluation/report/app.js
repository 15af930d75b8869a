"use strict";
// The page's script: samples, filters, dissents, downloads, theme. Whatever comes from data is written as text.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const PAGE = 15;
  const byId = (id) => document.getElementById(id);
  const state = { shown: [], page: 0 };
  const dissents = new Map(); // "run\nclip" -> {run, clip_id, label, reason}

  // Characters that would be invisible or turn the text around are shown by their code.
  const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

  function make(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined) node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child !== null && child !== ""));
    return node;
  }

  function writeOut(node, text) {
    let from = 0;
    for (const found of text.matchAll(HIDDEN)) {
      node.append(text.slice(from, found.index));
      const code = "U+" + found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
      node.append(make("span", { class: "control" }, code));
      from = found.index + 1;
    }
    node.append(text.slice(from));
    return node;
  }

  function option(value, text) {
    return make("option", { value }, text);
  }

  // ---- what can be chosen

  const filters = byId("filters");
  const choose = Object.fromEntries(
    ["panel", "run", "fate", "status", "label", "order", "text"].map((name) => [name, byId("f-" + name)]));

  function counted(values) {
    const counts = new Map();
    for (const value of values) counts.set(value, (counts.get(value) || 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  }

  function written(clip, label) {
    const names = data.panels[clip.panel].labels[clip.dataset] || {};
    return Object.hasOwn(names, label) ? names[label] : label;
  }

  function fill(select, first, options) {
    const kept = select.value;
    select.replaceChildren(option("", first), ...options);
    select.value = options.some((one) => one.value === kept) ? kept : "";
    select.disabled = options.length < 2;
  }

  function offer() {
    const clips = data.clips.filter(inPanel);
    const answers = clips.flatMap((clip) => clip.answers);
    fill(choose.run, "all runs", counted(answers.map((a) => a.run)).sort((a, b) => a[0] - b[0])
      .map(([run, n]) => option(String(run), `${data.runs[run].name} (${n})`)));
    const fates = new Map(counted(answers.map((a) => a.fate)));
    fill(choose.fate, "all outcomes", Object.keys(data.fates).filter((fate) => fates.has(fate))
      .map((fate) => option(fate, `${data.fates[fate]} (${fates.get(fate)})`)));
    fill(choose.status, "all codes", counted(answers.map((a) => a.status))
      .map(([status, n]) => option(status, `${status} (${n})`)));
    const labelled = clips.filter((clip) => data.panels[clip.panel].kind !== "caption");
    const names = new Map();
    for (const clip of labelled) for (const label of clip.gold) names.set(label, written(clip, label));
    fill(choose.label, "all references", [...names].sort((a, b) => (a[1] < b[1] ? -1 : 1))
      .map(([label, name]) => option(label, name)));
  }

  const inPanel = (clip) => choose.panel.value === "" || String(clip.panel) === choose.panel.value;

  // ---- which samples are shown

  function longest(clip) {
    return Math.max(...clip.answers.map((answer) => (answer.text || "").length));
  }

  const ORDERS = {
    id: () => 0,
    apart: (a, b) => b.apart - a.apart,
    long: (a, b) => longest(b) - longest(a),
  };

  function select() {
    const { run, fate, status, label } = choose;
    const text = choose.text.value.trim().toLocaleLowerCase();
    const found = [];
    let count = 0;
    for (const clip of data.clips) {
      if (!inPanel(clip) || (label.value && !clip.gold.includes(label.value))) continue;
      const named = text && [clip.id, ...clip.gold].some((one) => one.toLocaleLowerCase().includes(text));
      const answers = clip.answers.filter((answer) =>
        (!run.value || String(answer.run) === run.value) && (!fate.value || answer.fate === fate.value) &&
        (!status.value || answer.status === status.value) &&
        (!text || named || (answer.text || "").toLocaleLowerCase().includes(text)));
      if (answers.length) found.push({ clip, answers });
      count += answers.length;
    }
    found.sort((a, b) => ORDERS[choose.order.value](a.clip, b.clip));
    state.shown = found;
    state.page = 0;
    const clips = `${found.length} ${found.length === 1 ? "clip" : "clips"}`;
    byId("count").textContent = found.length
      ? `${clips}, ${count} ${count === 1 ? "answer" : "answers"}` : "No answer is like that. Clear the filters to see all.";
    show();
  }

  function show() {
    const pages = Math.ceil(state.shown.length / PAGE);
    const part = state.shown.slice(state.page * PAGE, (state.page + 1) * PAGE);
    byId("clips").replaceChildren(...part.map(sample));
    byId("pages").hidden = pages < 2;
    byId("page").textContent = `Page ${state.page + 1} of ${pages}`;
    byId("previous").disabled = state.page === 0;
    byId("next").disabled = state.page >= pages - 1;
  }

  function turn(step) {
    state.page += step;
    show();
    byId("count").scrollIntoView({ block: "start" });
  }

  // ---- one sample

  function sample({ clip, answers }) {
    const heading = writeOut(make("h3", {}), clip.id);
    const caption = data.panels[clip.panel].kind === "caption";
    const gold = make("p", {}, make("span", { class: "soft" }, "Reference: "));
    clip.gold.forEach((one, i) => {
      if (i) gold.append(caption ? " / " : ", ");
      gold.append(writeOut(make("bdi", {}), written(clip, one)));
    });
    const head = make("div", { class: "clip-head" }, make("div", {}, heading, ...asked(clip), gold));
    const heard = (clip.clips || [clip.id]).filter((id) => Object.hasOwn(data.sounds, id));
    const players = heard.map((id) => player(id, data.sounds[id]));
    if (players.length > 1) head.append(make("ol", { class: "heard" }, ...players.map((one) => make("li", {}, one))));
    else head.append(...players);
    return make("li", {}, head, ...answers.map((answer) => reading(clip, answer)));
  }

  // What an item asks that is its own.
  function asked(clip) {
    const lines = [];
    if (clip.question) lines.push(writeOut(make("p", { class: "question", dir: "auto" }), clip.question));
    const facts = [clip.clips && clip.clips.length > 1 ? `clips ${clip.clips.join(", ")}` : "", clip.category || "",
      clip.difficulty ? `difficulty ${clip.difficulty}` : ""].filter(Boolean);
    if (facts.length) lines.push(writeOut(make("p", { class: "soft" }), facts.join(" · ")));
    return lines;
  }

  function player(id, sound) {
    const audio = make("audio", { controls: "", preload: "none", src: sound.source, "aria-label": `Listen to ${id}` });
    audio.addEventListener("play", () => {
      for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
    });
    const wave = sound.waveform ? waveform(audio, sound) : null;
    const node = make("div", { class: "sound" }, ...(wave ? [wave, audio] : [audio]));
    audio.addEventListener("error", () => {
      const where = sound.source.startsWith("data:") ? "in this page" : sound.source;
      node.replaceWith(make("p", { class: "soft" }, `The audio cannot be played: ${where}`));
    });
    return node;
  }

  const STEPS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const SVG = "http://www.w3.org/2000/svg";

  // A picture to click on; the player beside it is for everybody else.
  function waveform(audio, { waveform: ends, seconds, starts = 0 }) {
    let line = "";
    for (let i = 0; i < ends.length; i += 2) {
      line += `M${i / 2 + .5} ${63 - STEPS.indexOf(ends[i + 1])}V${64 - STEPS.indexOf(ends[i])}`;
    }
    const svg = document.createElementNS(SVG, "svg");
    const attributes = { class: "wave", viewBox: `0 0 ${ends.length / 2} 64`, preserveAspectRatio: "none", "aria-hidden": "true" };
    for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
    for (const name of ["all", "played"]) {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("class", name);
      path.setAttribute("d", line);
      svg.append(path);
    }
    svg.addEventListener("click", (event) => {
      const { left, width } = svg.getBoundingClientRect();
      audio.currentTime = starts + seconds * (event.clientX - left) / width;
      audio.play().catch(() => {}); // what is wrong the player tells
    });
    audio.addEventListener("timeupdate", () => {
      svg.style.setProperty("--played", `${100 * Math.max(audio.currentTime - starts, 0) / seconds}%`);
    });
    return svg;
  }

  function reading(clip, answer) {
    const who = make("div", { class: "who" }, writeOut(make("strong", {}), data.runs[answer.run].name),
      make("span", { class: "fate", "data-verdict": answer.verdict }, outcome(clip, answer)));
    const body = make("div", {}, answer.text === null ? failure(answer) : highlighted(clip, answer), how(clip, answer));
    if (answer.given) {
      body.append(make("details", { class: "given" }, make("summary", {}, "What it got in place of the sound"),
        writeOut(make("pre", { tabindex: "0" }), answer.given)));
    }
    return make("div", { class: "answer" }, who, body);
  }

  function outcome(clip, answer) {
    if (data.panels[clip.panel].kind === "caption") {
      return answer.score === undefined ? data.fates[answer.fate] : `ROUGE-L F ${answer.score.toFixed(3)}`;
    }
    if (data.panels[clip.panel].kind === "tag" && answer.labels) {
      const hits = answer.labels.filter((label) => clip.gold.includes(label)).length;
      const off = answer.labels.length - hits;
      return `${hits} of ${clip.gold.length} labels named` + (off ? `, ${off} wrong` : "");
    }
    if (answer.worth) {
      const parts = Object.entries(answer.worth).slice(1).filter(([, value]) => value > 0)
        .map(([name, value]) => `${data.measures[name] || name} ${Number(value.toFixed(3))}`);
      return [data.fates[answer.fate], ...parts].join(", ");
    }
    return data.fates[answer.fate];
  }

  function failure(answer) {
    return writeOut(make("p", { class: "text none" }, "failed: "), answer.error || "no reason was kept");
  }

  function highlighted(clip, answer) {
    if (answer.text === "") return make("p", { class: "text none" }, "(an empty answer)");
    const node = make("p", { class: "text", dir: "auto", tabindex: answer.text.length > 1500 ? "0" : null });
    let from = 0;
    for (const [start, end, role, label] of answer.spans || []) {
      if (start < from || end > answer.text.length) continue; // spans inside spans: the first is shown
      writeOut(node, answer.text.slice(from, start));
      const meaning = data.roles[role] || { sign: "", meaning: role };
      const title = meaning.meaning + (label ? `: ${written(clip, label)}` : "");
      const mark = writeOut(make("mark", { class: role, title }), answer.text.slice(start, end));
      mark.append(make("sup", {}, meaning.sign));
      node.append(mark);
      from = end;
    }
    return writeOut(node, answer.text.slice(from));
  }

  function how(clip, answer) {
    const labels = answer.labels || (answer.label ? [answer.label] : []);
    const parts = [answer.status];
    if (labels.length) parts.push("read as " + labels.map((label) => written(clip, label)).join(", "));
    if (answer.rule) parts.push(data.rules[answer.rule] || `rule ${answer.rule}`);
    if (answer.override) parts.push(`decided by ${answer.override.author}: ${answer.override.reason}`);
    if (answer.flags) parts.push(answer.flags.join(", "));
    const line = writeOut(make("p", { class: "how" }), parts.join(" · ") + " ");
    if (answer.text !== null && data.panels[clip.panel].kind !== "caption") {
      const button = make("button", { type: "button" }, "I read it otherwise");
      button.addEventListener("click", () => { button.hidden = true; line.after(dissentForm(clip, answer, button)); });
      line.append(button);
    }
    return line;
  }

  // ---- dissents

  let forms = 0;

  function dissentForm(clip, answer, button) {
    const { kind, exact, labels } = data.panels[clip.panel];
    const many = kind === "tag";
    const n = ++forms;
    const free = exact && !clip.options; // any value of the kind
    const label = free ? make("input", { id: `label-${n}`, placeholder: `as ${clip.gold[0]}, or empty` })
      : make("select", { id: `label-${n}`, multiple: many ? "" : null, size: many ? "6" : null });
    const choices = exact ? (clip.options || []).map((one) => [one, one]) : Object.entries(labels[clip.dataset] || {});
    if (!free) label.append(...(many ? [] : [option("", exact ? "no single value" : "no single label")]), ...choices.map(([id, name]) => option(id, name)));
    const reason = make("input", { id: `reason-${n}`, required: "" });
    const form = make("form", { class: "own" },
      make("p", {}, make("label", { for: label.id }, many ? "It means (none, or several)" : "It means"), label),
      make("p", {}, make("label", { for: reason.id }, "because"), reason),
      make("p", {}, make("button", {}, "Keep"), " ", make("button", { type: "reset" }, "Never mind")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = free ? [label.value.trim()] : [...label.selectedOptions].map((one) => one.value);
      const said = many ? (chosen.length ? chosen : null) : chosen[0] || null;
      dissents.set(`${answer.run}\n${clip.id}`, { run: answer.run, clip_id: clip.id, label: said, reason: reason.value });
      button.textContent = "Kept; change it";
      close();
      tellDissents();
    });
    form.addEventListener("reset", () => {
      dissents.delete(`${answer.run}\n${clip.id}`);
      button.textContent = "I read it otherwise";
      close();
      tellDissents();
    });
    function close() { form.remove(); button.hidden = false; button.focus(); }
    setTimeout(() => label.focus());
    return form;
  }

  const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

  function tellDissents() {
    const runs = [...new Set([...dissents.values()].map((one) => one.run))].sort((a, b) => a - b);
    byId("dissents").hidden = runs.length === 0;
    byId("dissent-count").textContent = dissents.size === 1 ? "1 reading of yours" : `${dissents.size} readings of yours`;
    byId("dissent-files").replaceChildren(...runs.map((run) => {
      const { id, name } = data.runs[run];
      const file = `overrides-${id.replace(/[^\w.-]+/g, "-")}.jsonl`;
      const button = make("button", { type: "button" }, `Download overrides of ${name}`);
      button.addEventListener("click", () => {
        const author = byId("author");
        if (!author.value.trim()) { author.focus(); author.setAttribute("aria-invalid", "true"); return; }
        author.removeAttribute("aria-invalid");
        const at = new Date().toISOString().replace(/\.\d+Z$/, "+00:00");
        const lines = [...dissents.values()].filter((one) => one.run === run)
          .map(({ clip_id, label, reason }) => ({ clip_id, label, author: author.value.trim(), reason, at }));
        save(file, lines.map(jsonLine).join(""));
      });
      return make("p", {}, button, " ", make("code", {}, `mudata override ${quoted(id)} --from ${file}`));
    }));
  }

  window.addEventListener("beforeunload", (event) => { if (dissents.size) event.preventDefault(); });

  // ---- downloads, copying, theme

  // Some readers take U+2028 and U+2029 for the end of a line.
  const jsonLine = (value) => JSON.stringify(value)
    .replace(/[\u2028\u2029]/g, (c) => "\\u" + c.charCodeAt(0).toString(16)) + "\n";

  function save(name, content, type = "application/json") {
    const link = make("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  byId("get-samples").addEventListener("click", () => {
    const lines = data.clips.flatMap((clip) => clip.answers.map((answer) => jsonLine({
      run: data.runs[answer.run].id, [clip.clips ? "item_id" : "clip_id"]: clip.id, dataset: clip.dataset, gold: clip.gold, answer: answer.text,
      error: answer.error ?? null, status: answer.status, label: answer.label ?? null, labels: answer.labels ?? [],
      right: answer.fate === "right", rule_id: answer.rule ?? null, rougeL_f: answer.score ?? null,
      ...(answer.given ? { given: answer.given } : {}), ...(answer.worth ? { worth: answer.worth } : {}),
    })));
    save("answers.jsonl", lines.join(""));
  });
  byId("get-scores").addEventListener("click", () => save("scores.json", JSON.stringify(data.scores, null, 2) + "\n"));

  byId("get-parquet")?.addEventListener("click", () => {
    const bytes = Uint8Array.from(atob(byId("parquet").textContent), (c) => c.charCodeAt(0));
    save("answers.parquet", bytes, "application/vnd.apache.parquet");
  });
  for (const button of document.querySelectorAll("[data-results]")) {
    const { file, text } = data.results[button.dataset.results];
    button.addEventListener("click", () => save(file, text));
  }
  for (const button of document.querySelectorAll("[data-badge]")) {
    const drawn = button.closest("tr").querySelector("svg");
    button.addEventListener("click", () =>
      save(data.badges[button.dataset.badge], new XMLSerializer().serializeToString(drawn) + "\n", "image/svg+xml"));
  }

  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      const source = byId(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(source);
        button.textContent = "Selected: press Ctrl+C";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2500);
    });
  }

  // What is wider than the screen says so.
  const watch = new ResizeObserver((seen) => {
    for (const { target } of seen) {
      const box = target.closest(".scroll");
      if (box.previousElementSibling?.classList.contains("wider")) box.previousElementSibling.hidden = box.scrollWidth <= box.clientWidth + 1;
    }
  });
  for (const one of document.querySelectorAll(".scroll, .scroll > table")) watch.observe(one);

  const THEMES = ["system", "light", "dark"];
  byId("theme").addEventListener("click", (event) => {
    const root = document.documentElement;
    const next = THEMES[(THEMES.indexOf(root.dataset.theme || "system") + 1) % THEMES.length];
    if (next === "system") delete root.dataset.theme; else root.dataset.theme = next;
    event.currentTarget.textContent = `Theme: ${next}`;
  });

  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const one of opened) one.open = true;
  });
  window.addEventListener("afterprint", () => { for (const one of opened) one.open = false; });

  // ---- begin

  data.panels.forEach((panel, i) => choose.panel.append(option(String(i), panel.title)));
  choose.panel.disabled = data.panels.length < 2;
  choose.panel.value = "0";
  const labelled = data.clips.some((clip) => clip.answers.some((answer) => answer.spans));
  if (labelled) {
    const legend = byId("legend");
    legend.hidden = false;
    for (const [role, { sign, meaning }] of Object.entries(data.roles)) {
      legend.append(make("span", {}, make("mark", { class: role }, "word", make("sup", {}, sign)), " " + meaning));
    }
  }
  if (data.runs.length > 1) choose.order.value = "apart";
  filters.hidden = false;
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("input", (event) => { if (event.target === choose.panel) offer(); select(); });
  filters.addEventListener("reset", () => setTimeout(() => { choose.panel.value = "0"; offer(); select(); }));
  byId("previous").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));
  offer();
  select();
})();
