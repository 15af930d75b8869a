"use strict";
// A bundle: which of its screens is shown, what was answered, and the file that is sent back. It runs before rating.js,
// which makes sounds and answers work on whatever is in <main>. Every step loads the page anew, so that rating.js need
// not know of steps; what was answered lies in localStorage, and in the window's name where a browser forbids that.
(() => {
  const bundle = JSON.parse(document.getElementById("bundle").textContent);
  const name = `mudata-${bundle.test.slice(0, 16)}-${bundle.rater}`;
  const main = document.getElementById("content");
  const empty = { changes: 0, language: "", consented_at: "", finished_at: null, instructed: false, answers: [] };

  // ---- what is kept

  function kept() {
    const found = [];
    try { found.push(localStorage.getItem(name)); } catch { /* forbidden */ }
    if (window.name.startsWith(name)) found.push(window.name.slice(name.length));
    const states = found.map((text) => { try { return JSON.parse(text); } catch { return null; } });
    return states.filter(Boolean).sort((a, b) => b.changes - a.changes)[0] || { ...empty };
  }

  let isKept = true;
  function keep(state) {
    state.changes += 1;
    const text = JSON.stringify(state);
    window.name = name + text;
    try {
      localStorage.setItem(name, text);
      isKept = localStorage.getItem(name) === text;
    } catch { isKept = false; }
  }

  const now = () => new Date().toISOString().slice(0, 19) + "+00:00";
  const go = (address) => {
    if (location.hash === address) location.reload();
    else location.hash = address;
  };
  addEventListener("hashchange", () => { if (!location.hash || location.hash.startsWith("#/")) location.reload(); });

  // ---- which screen

  const state = kept();
  const spoken = Object.keys(bundle.words);
  const wanted = location.hash.match(/^#\/language\/(\w+)$/);
  if (wanted && spoken.includes(wanted[1])) state.language = wanted[1];
  if (!spoken.includes(state.language)) {
    const liked = (navigator.languages || []).map((one) => one.toLowerCase().split("-")[0]);
    state.language = liked.find((one) => spoken.includes(one)) || spoken[0];
  }
  const language = state.language;
  const words = bundle.words[language];
  if (location.hash === "#/trial" && state.consented_at) state.instructed = true;
  keep(state);

  const place = state.answers.length;
  const correcting = location.hash === "#/back" && place > 0;
  function screen() {
    if (!state.consented_at) return "consent";
    if (location.hash === "#/instructions") return place ? "instructions-again" : "instructions";
    if (!state.instructed && !place) return "instructions";
    if (place === bundle.trials.length && !correcting) return "end";
    const trial = bundle.trials[correcting ? place - 1 : place];
    return (trial.check ? "check" : "trial") + (correcting ? "-again" : "");
  }

  const template = (which) =>
    document.querySelector(`template[data-language="${language}"][data-screen="${which}"]`).content.cloneNode(true);
  const shown = screen();
  main.replaceChildren(template(shown));
  document.documentElement.lang = language;
  for (const link of document.querySelectorAll(".languages a")) {
    if (link.lang === language) link.setAttribute("aria-current", "true");
  }
  for (const [selector, word] of [[".skip", words.skip], [".bar .kind", words.title]]) {
    document.querySelector(selector).textContent = word;
  }
  document.querySelector(".languages").setAttribute("aria-label", words.languages);
  history.scrollRestoration = "manual";
  scrollTo(0, 0);

  // ---- a trial

  const trial = bundle.trials[correcting ? place - 1 : place];
  const isTrial = /^(trial|check)/.test(shown);
  if (isTrial) {
    const heading = trial.heading[language];
    main.querySelector("h1").textContent = heading;
    const progress = main.querySelector("progress");
    progress.max = trial.total;
    progress.value = trial.number - 1;
    progress.textContent = heading;
    const form = document.getElementById("trial");
    if (!correcting) main.querySelector(".note-box")?.remove(); // of the trial that the screen was made of
    if (trial.practice_over && !correcting) {
      const note = document.createElement("p");
      note.className = "note-box";
      note.textContent = words.practice_over;
      form.before(note);
    }
    main.querySelectorAll(".player").forEach((player, number) => {
      const sound = trial.sounds[number];
      player.querySelector("audio").src = sound.address;
      player.querySelector(".position").max = sound.seconds;
      player.dataset.needed = sound.needed;
    });
    main.querySelectorAll(".said .words").forEach((node, number) => { node.textContent = trial.texts[number]; });
    const lines = main.querySelector(".check ul");
    if (lines) {
      lines.replaceChildren(...trial.check[language].map((line) => {
        const item = document.createElement("li");
        item.textContent = line;
        return item;
      }));
    }
    if (!place) main.querySelector('a[href="#/back"]')?.remove();
    if (correcting) {
      const before = state.answers[place - 1];
      for (const [aspect, value] of Object.entries(before.values)) {
        for (const option of form.elements[`answer-${aspect}`]) option.checked = option.value === value;
      }
    }
  }
  document.title = `${main.querySelector("h1").textContent} · ${words.title}`;

  // rating.js calls this instead of a server
  window.mudataSend = async (form) => {
    const latest = kept();
    if (latest.answers.length !== place) return { problem: words.told_elsewhere };
    const fields = new FormData(form);
    const values = {};
    for (const aspect of bundle.aspects) values[aspect] = fields.get(`answer-${aspect}`);
    const before = correcting ? latest.answers[place - 1].heard_s : 0;
    const heard = trial.sounds.reduce((sum, one, i) => sum + Math.min(Number(fields.get(`heard-${i}`)), one.seconds), 0);
    const answer = { trial: trial.id, values, heard_s: Number(Math.max(before, heard).toFixed(2)), rated_at: now() };
    if (correcting) latest.answers[place - 1] = answer;
    else latest.answers.push(answer);
    if (latest.answers.length === bundle.trials.length) latest.finished_at = now();
    latest.language = language;
    keep(latest);
    return { next: `#/step/${latest.changes}` };
  };

  // ---- consent

  const agreement = main.querySelector("form.agree");
  agreement?.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!agreement.elements.agree.checked) return;
    state.consented_at = now();
    keep(state);
    go("#/consented");
  });

  // ---- the file that is sent back

  function save() {
    const latest = kept();
    const content = {
      format: bundle.format, test: bundle.test, rater: bundle.rater, language: latest.language,
      consented_at: latest.consented_at, finished_at: latest.finished_at, answers: latest.answers,
    };
    content.seal = sha256(`${bundle.key}\n${JSON.stringify(content)}`);
    const address = URL.createObjectURL(new Blob([JSON.stringify(content) + "\n"], { type: "application/json" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = bundle.file;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  }

  // SHA-256 (FIPS 180-4): crypto.subtle is not there for files in all browsers
  function sha256(text) {
    const bytes = new TextEncoder().encode(text);
    const blocks = Math.ceil((bytes.length + 9) / 64);
    const padded = new DataView(new ArrayBuffer(64 * blocks));
    bytes.forEach((byte, i) => padded.setUint8(i, byte));
    padded.setUint8(bytes.length, 0x80);
    padded.setUint32(64 * blocks - 8, Math.floor(bytes.length / 2 ** 29));
    padded.setUint32(64 * blocks - 4, (bytes.length * 8) >>> 0);
    const primes = [];
    for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n);
    const fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) >>> 0;
    const constants = primes.map((prime) => fraction(Math.cbrt(prime)));
    const turn = (x, n) => (x >>> n) | (x << (32 - n));
    const sum = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
    const schedule = new Array(64);
    for (let block = 0; block < blocks; block++) {
      for (let i = 0; i < 64; i++) {
        if (i < 16) schedule[i] = padded.getUint32(64 * block + 4 * i);
        else {
          const [x, y] = [schedule[i - 15], schedule[i - 2]];
          const low = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3);
          const high = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10);
          schedule[i] = (schedule[i - 16] + low + schedule[i - 7] + high) >>> 0;
        }
      }
      let [a, b, c, d, e, f, g, h] = sum;
      for (let i = 0; i < 64; i++) {
        const rise = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
        const one = (h + rise + ((e & f) ^ (~e & g)) + constants[i] + schedule[i]) >>> 0;
        const fall = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
        const two = (fall + ((a & b) ^ (a & c) ^ (b & c))) >>> 0;
        [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) >>> 0, c, b, a, (one + two) >>> 0];
      }
      [a, b, c, d, e, f, g, h].forEach((value, i) => { sum[i] = (sum[i] + value) >>> 0; });
    }
    return sum.map((value) => value.toString(16).padStart(8, "0")).join("");
  }

  if (state.consented_at && shown !== "end" && (place || !isKept)) {
    const foot = document.createElement("footer");
    foot.append(template("foot"));
    main.after(foot);
    foot.querySelector("[data-not-kept]").hidden = isKept;
    foot.querySelector(".moves").hidden = !place;
  }
  for (const button of document.querySelectorAll("[data-save]")) button.addEventListener("click", save);
})();
