"use strict";
// The page of a rater: sounds that have to be heard, keys, and answers that are sent without being lost on the way.
// `window.mudataSend(form)`, where there is one, takes the answers instead of a server; it gives what a server would:
// a promise of {next: address} or {problem: words}.
(() => {
  const place = document.querySelector("[data-words]");
  if (!place) return;
  const words = JSON.parse(place.dataset.words);
  const form = document.getElementById("trial");
  const live = document.getElementById("live");
  const say = (text) => { if (live) live.textContent = text; };
  const fill = (key, values) => words[key].replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

  // ---- sounds

  const clock = (seconds) => Math.floor(seconds / 60) + ":" + String(Math.floor(seconds % 60)).padStart(2, "0");
  const players = [...document.querySelectorAll(".player")].map((node, number) => {
    const part = (name) => node.querySelector("." + name);
    const audio = node.querySelector("audio");
    const [button, label, position, time, state] = ["play", "label", "position", "time", "state"].map(part);
    const title = node.dataset.title;
    const needed = Number(node.dataset.needed || 0);
    const field = form && form.elements["heard-" + number];
    const before = field ? Number(field.value) : 0;
    let sliding = false;

    // Seconds of different sound: what is played twice counts once.
    const heard = () => {
      let seconds = 0;
      for (let i = 0; i < audio.played.length; i++) seconds += audio.played.end(i) - audio.played.start(i);
      return Math.max(before, seconds);
    };
    const isHeard = () => heard() + 0.01 >= needed;
    const length = () => (Number.isFinite(audio.duration) ? audio.duration : Number(position.max));

    function show() {
      const playing = !audio.paused && !audio.ended;
      node.classList.toggle("playing", playing);
      label.textContent = fill(playing ? "pause" : "play", { what: title });
      if (Number.isFinite(audio.duration)) position.max = audio.duration;
      if (!sliding) position.value = audio.currentTime;
      position.style.setProperty("--played", (100 * audio.currentTime) / (length() || 1) + "%");
      position.setAttribute("aria-valuetext", `${Math.round(audio.currentTime)} / ${Math.round(length())} s`);
      time.textContent = `${clock(audio.currentTime)} / ${clock(length())}`;
      if (field) field.value = heard().toFixed(2);
      if (state && isHeard() && !node.classList.contains("heard")) {
        node.classList.add("heard");
        state.textContent = words.heard;
      }
    }

    function toggle() {
      if (!audio.paused && !audio.ended) {
        audio.pause();
        say(fill("paused", { what: title }));
        return;
      }
      for (const other of players) if (other.audio !== audio) other.audio.pause();
      if (audio.error) audio.load();
      audio.play().then(() => say(fill("playing", { what: title })), (error) => {
        if (error.name !== "AbortError") say(words.sound_fails);
      });
    }

    button.addEventListener("click", toggle);
    position.addEventListener("input", () => { sliding = true; audio.currentTime = Number(position.value); });
    position.addEventListener("change", () => { sliding = false; show(); });
    for (const event of ["play", "pause", "timeupdate", "seeked", "loadedmetadata"]) audio.addEventListener(event, show);
    audio.addEventListener("ended", () => {
      show();
      if (isHeard()) say(fill(needed ? "ended" : "paused", { what: title }));
    });
    audio.addEventListener("error", () => { if (audio.played.length || !audio.paused) say(words.sound_fails); show(); });
    show();
    return { audio, button, toggle, isHeard, title };
  });

  if (!form) return;

  // ---- keys: only while one of the answers has the focus, so that nothing is taken from screen readers

  form.addEventListener("keydown", (event) => {
    const at = event.target;
    if (at.type !== "radio" || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const key = event.key.toUpperCase();
    const group = [...form.querySelectorAll("input[type=radio]")].filter((one) => one.name === at.name);
    const chosen = group.find((one) => one.value === key);
    const player = key === "P" ? players[0] : players.length > 1 && !chosen ? players[Number(key) - 1] : undefined;
    if (!chosen && !player) return;
    event.preventDefault();
    if (chosen) {
      chosen.checked = true;
      chosen.focus();
    } else player.toggle();
  });

  form.addEventListener("change", (event) => event.target.closest("fieldset")?.classList.remove("missing"));

  // ---- answers

  async function post(sent) {
    const answer = await fetch(sent.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(new FormData(sent)),
      credentials: "same-origin",
      redirect: "error",
    });
    return answer.json();
  }

  let sending = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (sending) return;
    const unheard = players.filter((one) => !one.isHeard());
    if (unheard.length && !form.dataset.corrects) {
      say(fill("missing_sound", { what: unheard.map((one) => one.title).join(", ") }));
      unheard[0].button.focus();
      return;
    }
    for (const group of form.querySelectorAll("fieldset")) {
      group.classList.remove("missing");
    }
    for (const group of form.querySelectorAll("fieldset")) {
      if (group.querySelector("input:checked")) continue;
      group.classList.add("missing");
      say(fill("missing_answer", { question: group.dataset.name }));
      group.querySelector("input").focus();
      return;
    }
    sending = true;
    form.setAttribute("aria-busy", "true");
    say(words.sending);
    try {
      const answer = await (window.mudataSend || post)(form);
      if (answer.next) {
        location.assign(answer.next);
        return; // it stays as it is until the next page is here
      }
      say(answer.problem);
    } catch {
      say(words.not_sent);
    }
    sending = false;
    form.removeAttribute("aria-busy");
  });

  // A page that the browser kept (its back button) may be of a trial that was rated since: it is asked for anew.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
})();
