// Sends a chosen, dropped or recorded clip to the server and shows its prediction.
import { spectrogram, waveform } from "./pictures.js";

const $ = (id) => document.getElementById(id);
const settings = JSON.parse($("main").dataset.settings);
let recording = null, busy = false, address = "";

function say(status, error = "") {
  $("status").textContent = status;
  $("error").textContent = error;
}

async function send(blob, name, samples) {
  if (busy || recording) return;
  if (blob.size > settings.limits.bytes) return say("", `The file is larger than ${settings.limits.bytes / 1e6} MB.`);
  busy = true;
  $("choose").disabled = $("record").disabled = true;
  say(`Predicting ${name} …`);
  try {
    const form = new FormData();
    form.append("file", blob, name);
    const response = await fetch("predict", { method: "POST", body: form });
    const prediction = await response.json();
    if (!response.ok) throw new Error(prediction.error);
    show(prediction);
    say(`${prediction.clip}: ${prediction.emotion}`);
  } catch (error) {
    $("answer").hidden = true;
    say("", error instanceof TypeError || error instanceof SyntaxError ? "The server cannot be reached." : error.message);
  }
  busy = false;
  $("choose").disabled = $("record").disabled = false;
  await draw(blob, samples);
}

function show(prediction) {
  $("best").textContent = prediction.emotion;
  $("set").textContent = prediction.set ? `${settings.sets}: ${prediction.set.join(", ")}` : "";
  $("set").hidden = !prediction.set;
  $("unreliable").hidden = prediction.reliable;
  $("condition").textContent = clean(prediction.condition);
  $("condition").hidden = !clean(prediction.condition);
  $("timings").textContent = `Predicted in ${Math.round(prediction.timings.total)} ms.`;
  $("bars").replaceChildren(...settings.labels.map((label) => {
    const row = document.createElement("li"), share = 100 * prediction.probabilities[label];
    const name = Object.assign(document.createElement("span"), { textContent: label });
    const track = Object.assign(document.createElement("span"), { className: "track" });
    const bar = Object.assign(document.createElement("span"), { className: "bar" });
    const number = Object.assign(document.createElement("span"), { className: "number", textContent: `${share.toFixed(1)} %` });
    bar.style.setProperty("--share", `${share}%`);
    bar.style.setProperty("--colour", settings.colours[label] || "var(--accent)");
    track.append(bar);
    row.append(name, track, number);
    return row;
  }));
  $("warnings").replaceChildren(...prediction.warnings.map((text) =>
    Object.assign(document.createElement("li"), { textContent: `${text[0].toUpperCase()}${text.slice(1)}.` })));
  $("warnings").hidden = !prediction.warnings.length;
  $("answer").hidden = false;
}

// States the score on clean speech for a clip that sounds like it; for other clips a warning states theirs.
function clean(condition) {
  if (!condition || condition.name !== "clean" || !condition.like) return "";
  const percent = (share) => (100 * share).toFixed(0), { uar, low, high } = condition;
  const interval = low === null || high === null ? "" : ` [${percent(low)}, ${percent(high)}]`;
  return `Sounds like clean speech: UAR ${percent(uar)} %${interval} on new speakers.`;
}

// Plays the clip; draws pictures if the browser can decode it.
async function draw(blob, samples) {
  URL.revokeObjectURL(address);
  address = URL.createObjectURL(blob);
  $("player").src = address;
  $("sound").hidden = false;
  let sound = samples;
  if (!sound) {
    const context = new OfflineAudioContext(1, 1, 16000);
    try {
      const decoded = await context.decodeAudioData(await blob.arrayBuffer());
      sound = { y: decoded.getChannelData(0), rate: decoded.sampleRate };
    } catch {
      sound = null;
    }
  }
  $("pictures").hidden = !sound;
  if (!sound) return;
  waveform($("waveform"), sound.y);
  $("range").textContent = `up to ${spectrogram($("spectrogram"), sound.y, sound.rate) / 1000} kHz`;
  $("length").textContent = `${(sound.y.length / sound.rate).toFixed(2)} s`;
}

// Browsers record WebM or MP4, which the server does not accept; so this writes the samples as WAV.
async function record() {
  if (!navigator.mediaDevices || !window.AudioContext)
    return say("", "This browser records only over https or on localhost; choose a file instead.");
  let stream;
  try {
    const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 };
    stream = await navigator.mediaDevices.getUserMedia({ audio: plain });
  } catch (error) {
    return say("", `No microphone: ${error.message}.`);
  }
  const context = new AudioContext(), blocks = [];
  const source = context.createMediaStreamSource(stream);
  const take = (block) => blocks.push(block);
  const node = await tap(context, take);
  source.connect(node);
  node.connect(context.destination); // silent; the graph runs only if it ends at a destination
  const begun = performance.now();
  const timer = setInterval(() => {
    const seconds = (performance.now() - begun) / 1000;
    say(`Recording … ${seconds.toFixed(1)} s`);
    if (seconds >= Math.min(settings.limits.seconds - 1, 30)) stop();
  }, 100);
  recording = { stream, context, blocks, timer };
  $("record").textContent = "Stop";
  $("record").setAttribute("aria-pressed", "true");
  $("choose").disabled = true;
}

async function tap(context, take) {
  if (context.audioWorklet) {
    await context.audioWorklet.addModule("recorder.js");
    const node = new AudioWorkletNode(context, "recorder");
    node.port.onmessage = (event) => take(event.data);
    return node;
  }
  const node = context.createScriptProcessor(4096, 1, 1);
  node.onaudioprocess = (event) => take(event.inputBuffer.getChannelData(0).slice());
  return node;
}

async function stop() {
  const { stream, context, blocks, timer } = recording;
  recording = null;
  clearInterval(timer);
  stream.getTracks().forEach((track) => track.stop());
  const rate = context.sampleRate;
  await context.close();
  $("record").textContent = "Record";
  $("record").setAttribute("aria-pressed", "false");
  $("choose").disabled = false;
  const y = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
  blocks.reduce((place, block) => (y.set(block, place), place + block.length), 0);
  await send(wav(y, rate), "recording.wav", { y, rate });
}

// Return mono samples as a WAV file of 16 bits.
function wav(y, rate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * y.length));
  const text = (place, word) => [...word].forEach((c, i) => view.setUint8(place + i, c.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 2 * y.length, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * y.length, true);
  y.forEach((value, i) => view.setInt16(44 + 2 * i, Math.round(32767 * Math.max(-1, Math.min(1, value))), true));
  return new Blob([view], { type: "audio/wav" });
}

$("choose").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", () => {
  const [file] = $("file").files;
  if (file) send(file, file.name);
  $("file").value = "";
});
$("record").addEventListener("click", () => (recording ? stop() : record()));
for (const kind of ["dragenter", "dragover", "dragleave", "drop"])
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    $("drop").classList.toggle("over", kind === "dragenter" || kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) send(event.dataTransfer.files[0], event.dataTransfer.files[0].name);
  });
