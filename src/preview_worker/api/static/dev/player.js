// The player: another video takes the place of the one before at the same second, playing or not as it was.

const BEFORE_END_S = 0.05;

export class Player {
  #video;
  #held;
  #url = null;
  #wish = null; // where to go on, and whether playing, while a video loads
  #load = new AbortController();

  constructor(video, held) {
    this.#video = video;
    this.#held = held;
  }

  get loading() {
    return this.#wish !== null;
  }

  get seconds() {
    return this.#wish?.seconds ?? this.#video.currentTime;
  }

  seek(seconds) {
    if (this.#wish) this.#wish.seconds = seconds;
    else this.#video.currentTime = seconds;
  }

  show({ url, posterUrl, captionsUrl, language }) {
    if (url === this.#url) return;
    const video = this.#video;
    const first = this.#url === null;
    const rate = video.playbackRate;
    this.#wish ??= { seconds: video.currentTime, playing: !video.paused && !video.ended };
    this.#url = url;
    if (first) video.poster = posterUrl;
    else this.#hold();
    video.hidden = false;
    this.#load.abort();
    this.#load = new AbortController();
    const { signal } = this.#load;
    video.addEventListener("loadedmetadata", () => {
      video.playbackRate = rate;
      if (first && this.#wish.seconds === 0) this.#arrived(); // the poster stays until it is played
      else video.currentTime = Math.min(this.#wish.seconds, Math.max(0, video.duration - BEFORE_END_S));
    }, { once: true, signal });
    video.addEventListener("seeked", () => this.#arrived(), { once: true, signal });
    this.#caption(captionsUrl, language);
    video.src = url;
  }

  #arrived() {
    const { playing } = this.#wish;
    this.#wish = null;
    this.#load.abort();
    this.#held.hidden = true;
    if (playing) this.#video.play().catch(() => {});
  }

  /** Keep the present picture in sight until the next video has come to the same second. */
  #hold() {
    const { videoWidth, videoHeight, readyState } = this.#video;
    if (readyState < HTMLMediaElement.HAVE_CURRENT_DATA || !this.#held.hidden) return;
    this.#held.width = videoWidth;
    this.#held.height = videoHeight;
    this.#held.getContext("2d").drawImage(this.#video, 0, 0);
    this.#held.hidden = false;
  }

  #caption(url, language) {
    const mode = this.#video.textTracks[0]?.mode ?? "disabled";
    this.#video.replaceChildren();
    const track = document.createElement("track");
    Object.assign(track, { kind: "captions", src: url, srclang: language, label: "Captions" });
    this.#video.append(track);
    track.track.mode = mode;
  }
}
