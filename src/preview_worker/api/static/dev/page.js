// The page: takes the newest state and the newest video from the stream, and shows them.

import { fillFaults, fillSteps, fillWarnings, markStep, stepAt } from "/lists.js";
import { Player } from "/player.js";

const at = (id) => document.getElementById(id);
const player = new Player(at("video"), at("held"));
const seen = { state: null, video: null, frameUrl: null, edited: null };

function showState(state) {
  seen.state = state;
  document.body.dataset.phase = state.phase;
  at("file").textContent = state.file;
  at("state").textContent = words(state, seen.video);
  const rendering = state.phase === "rendering";
  at("progress").hidden = !rendering;
  at("progress").value = state.percent ?? 0;
  at("remaining").textContent = rendering ? remaining(state) : "";
  fillFaults(state, seen.video !== null);
  // Between a save and its own picture the one before stays, so that nothing flickers.
  if (state.phase !== "validating") showFrame(state.frame);
  showTitle();
  showEdited();
}

function showVideo(video) {
  seen.video = video;
  at("title").textContent = video.title || "Preview";
  at("stage").style.aspectRatio = `${video.widthPx} / ${video.heightPx}`;
  at("nothing").hidden = true;
  fillSteps(video, (ms) => goTo(ms));
  fillWarnings(video, (ms) => goTo(ms));
  markStep(video, player.seconds * 1000);
  player.show(video);
}

function words(state, video) {
  switch (state.phase) {
    case "validating":
      return "Validating…";
    case "rendering":
      return "Rendering…";
    case "ready":
      return `Ready in ${duration(state.tookMs)}` + cost(video);
    case "invalid":
      return state.faults.length === 1 ? "Not valid: 1 error" : `Not valid: ${state.faults.length} errors`;
    case "failed":
      return "The render failed";
  }
}

function cost(video) {
  if (video === null || video.segments === 0) return "";
  if (video.segmentsMade === 0) return ", nothing had to be made";
  return `, ${video.segmentsMade} of ${video.segments} segments made`;
}

function remaining(state) {
  const percent = `${Math.floor(state.percent ?? 0)} %`;
  return state.etaMs === null ? percent : `${percent}, about ${Math.max(1, Math.ceil(state.etaMs / 1000))} s to go`;
}

function duration(ms) {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

async function showFrame(frame) {
  const url = frame?.url ?? null;
  if (url === seen.frameUrl) return;
  seen.frameUrl = url;
  if (frame === null) {
    at("frame").hidden = true;
    return;
  }
  seen.edited = frame;
  const picture = at("frame-picture");
  picture.src = url;
  picture.alt = `${frame.title}, as it will look`;
  await picture.decode().catch(() => {});
  if (seen.frameUrl !== url) return;
  at("frame-caption").textContent = frame.title;
  if (seen.video === null) at("stage").style.aspectRatio = `${frame.widthPx} / ${frame.heightPx}`;
  at("frame-close").hidden = seen.video === null;
  at("frame").hidden = false;
  placeFrame();
}

function placeFrame() {
  at("frame").classList.toggle("inset", !at("video").paused);
}

function showEdited() {
  const step = seen.video?.steps.find((candidate) => candidate.id === seen.edited?.stepId);
  const here = seen.video && stepAt(seen.video, player.seconds * 1000);
  const shown = seen.state?.phase === "ready" && seen.state.save > 1 && step !== undefined && step !== here;
  at("to-edit").hidden = !shown;
  if (shown) at("to-edit").textContent = `Go to what was edited: ${step.title}`;
}

function showTitle() {
  const { phase, percent } = seen.state;
  const sign = { validating: "… ", rendering: `${Math.floor(percent ?? 0)} % `, invalid: "✕ ", failed: "✕ " }[phase] ?? "";
  document.title = sign + (seen.video?.title || seen.state.file);
}

function goTo(ms) {
  at("frame").hidden = true;
  player.seek(ms / 1000);
}

function listen() {
  const stream = new EventSource("/events");
  stream.addEventListener("state", (event) => showState(JSON.parse(event.data)));
  stream.addEventListener("video", (event) => showVideo(JSON.parse(event.data)));
  stream.addEventListener("open", () => seen.state && showState(seen.state));
  stream.addEventListener("error", () => {
    document.body.dataset.phase = "gone";
    at("state").textContent = "preview-worker dev has ended; the page goes on when it is started on this port again";
    at("remaining").textContent = "";
    at("progress").hidden = true;
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 1000);
  });
}

at("video").addEventListener("timeupdate", () => {
  if (!seen.video || player.loading) return;
  markStep(seen.video, player.seconds * 1000);
  showEdited();
});
at("video").addEventListener("play", placeFrame);
at("video").addEventListener("pause", placeFrame);
at("frame").addEventListener("click", () => {
  if (seen.video) at("frame").hidden = true;
});
at("to-edit").addEventListener("click", () => {
  const step = seen.video.steps.find((candidate) => candidate.id === seen.edited.stepId);
  goTo(step.startMs + step.durationMs / 2);
});
listen();
