// The video of `room.stream`: by the browser itself where it can, else by hls.js, which is loaded only then.

import { address, onChange, part, show } from "./dom.js";

const HLS = "application/vnd.apple.mpegurl";
const video = part("video");

let player = null;
let playing = null;

/** Show the room's stream, or its cover alone when there is none or the show has ended. */
export const drawVideo = onChange((room, base) => {
  const stream = room.status === "ended" ? null : address(room.stream, base);
  const cover = address(room.cover, base);
  if (cover) video.poster = cover;
  else video.removeAttribute("poster");
  if (stream === playing) return;
  playing = stream;
  stop();
  if (stream) start(stream);
});

function stop() {
  player?.destroy();
  player = null;
  video.removeAttribute("src");
  video.load();
  show(video, false);
  show(part("video-controls"), false);
}

async function start(stream) {
  if (!new URL(stream).pathname.endsWith(".m3u8") || video.canPlayType(HLS) !== "") {
    video.src = stream;
  } else {
    const { default: Hls } = await import("./vendor/hls.light.min.js");
    // Meanwhile the room may have another stream.
    if (playing !== stream || !Hls.isSupported()) return;
    // The page's policy allows no worker made of a blob: packets are unpacked in the page.
    player = new Hls({ enableWorker: false });
    player.on(Hls.Events.ERROR, (_name, { fatal, type }) => fatal && recover(Hls, type));
    player.loadSource(stream);
    player.attachMedia(video);
  }
  show(video, true);
  show(part("video-controls"), true);
  play();
}

const RECOVER_EVERY = 5000;

/** A stream that breaks off may come back: try again, as long as it is still this one. */
function recover(Hls, type) {
  const broken = player;
  if (type === Hls.ErrorTypes.MEDIA_ERROR) broken.recoverMediaError();
  else setTimeout(() => broken === player && broken.startLoad(), RECOVER_EVERY);
}

function play() {
  // A browser may refuse to begin by itself; then there is a button.
  video.play().catch(() => show(part("play"), !video.hidden));
}

/** Wire the video's buttons up. */
export function startVideo() {
  video.addEventListener("playing", () => show(part("play"), false));
  video.addEventListener("loadedmetadata", () => {
    video.dataset.shape = video.videoWidth > video.videoHeight ? "wide" : "tall";
    show(video, true);
  });
  // The cover is behind it.
  video.addEventListener("error", () => show(video, false));
  part("play").addEventListener("click", play);
  part("sound").addEventListener("click", () => {
    video.muted = !video.muted;
    part("sound").setAttribute("aria-pressed", String(!video.muted));
  });
}
