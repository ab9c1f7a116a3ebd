// The video of `room.stream`: by the browser itself where it can, else by hls.js, which is loaded only then.

import { address, onChange, part, show } from "./dom.js";
import { config } from "./texts.js";

const HLS = "application/vnd.apple.mpegurl";
const video = part("video");

/** How long until a stream that failed is tried again, in ms: the last for all that follow. */
const TRY_AFTER = [2_000, 5_000, 10_000, 20_000];
const RECOVER_WITHIN = 60_000;
const RECOVER_MOST = 2;

let player = null;
let playing = null;
/** Counts the beginnings and ends: what was begun before the last of them is of no use. */
let turn = 0;
let failures = 0;
let waiting = null;
let recovered = [];

/** Show the room's stream, or its cover alone when there is none, the show has ended, or one was sent away (`away`). */
export const drawVideo = onChange((room, base, away) => {
  const stream = away || room.status === "ended" ? null : address(room.stream, base);
  const cover = address(room.cover, base);
  if (cover) video.poster = cover;
  else video.removeAttribute("poster");
  if (stream === playing) return;
  playing = stream;
  failures = 0;
  stop();
  if (stream) start(stream);
});

function stop() {
  turn += 1;
  clearTimeout(waiting);
  waiting = null;
  player?.destroy();
  player = null;
  video.removeAttribute("src");
  video.load();
  appear(false);
  show(part("reload"), false);
}

/** The video is in sight while there is a picture in it. */
function appear(there) {
  show(video, there);
  show(part("video-controls"), there);
}

async function start(stream) {
  const { origin, pathname } = new URL(stream);
  if (!pathname.endsWith(".m3u8") || video.canPlayType(HLS) !== "") video.src = stream;
  else if (origin === location.origin || config.readable.includes(origin)) await startPlayer(stream).catch(tryLater);
  // The policy that this page came with lets a player read the stream that there was then.
  else show(part("reload"), true);
}

async function startPlayer(stream) {
  const begun = turn;
  const { default: Hls } = await import("./vendor/hls.light.min.js");
  // Meanwhile the room may have another stream.
  if (turn !== begun || !Hls.isSupported()) return;
  // The page's policy allows no worker made of a blob: packets are unpacked in the page.
  player = new Hls({ enableWorker: false });
  player.on(Hls.Events.ERROR, (_name, { fatal, type }) => fatal && broke(type === Hls.ErrorTypes.MEDIA_ERROR));
  player.loadSource(stream);
  player.attachMedia(video);
}

/** A picture that cannot be shown may be left out, now and then; else all begins anew. */
function broke(inPicture) {
  const now = performance.now();
  recovered = recovered.filter((at) => now - at < RECOVER_WITHIN);
  if (inPicture && recovered.length < RECOVER_MOST) {
    recovered.push(now);
    player.recoverMediaError();
  } else tryLater();
}

/** A stream that is not there yet, or breaks off, may come: try again, as long as it is still this one. */
function tryLater() {
  stop();
  waiting = setTimeout(tryNow, TRY_AFTER[Math.min(failures, TRY_AFTER.length - 1)]);
  failures += 1;
}

function tryNow() {
  stop();
  start(playing);
}

function play() {
  // A browser may refuse to begin by itself; then there is a button.
  video.play().catch(() => show(part("play"), !video.hidden));
}

/** Wire the video's buttons up. */
export function startVideo() {
  video.addEventListener("playing", () => {
    failures = 0;
    show(part("play"), false);
  });
  video.addEventListener("loadedmetadata", () => {
    video.dataset.shape = video.videoWidth > video.videoHeight ? "wide" : "tall";
    appear(true);
    play();
  });
  // The cover is behind it. A player tells of its own errors.
  video.addEventListener("error", () => player === null && playing !== null && tryLater());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && waiting !== null && tryNow());
  part("play").addEventListener("click", play);
  part("sound").addEventListener("click", () => {
    video.muted = !video.muted;
    part("sound").setAttribute("aria-pressed", String(!video.muted));
  });
}
