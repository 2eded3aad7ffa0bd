// Waveform and spectrogram of mono samples, drawn on canvases.

const SIZE = 512; // samples of a window; frames of 11 ms at 48 kHz
const FLOOR = -80; // dB below the loudest point that are still drawn
const COLOURS = [[13, 8, 60], [84, 2, 163], [156, 23, 158], [204, 71, 120], [237, 121, 83], [253, 180, 47], [240, 249, 33]];

// Return the canvas's context at the screen's own resolution, and its size in pixels.
function ready(canvas) {
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(canvas.clientWidth * scale));
  canvas.height = Math.max(1, Math.round(canvas.clientHeight * scale));
  return [canvas.getContext("2d"), canvas.width, canvas.height];
}

export function waveform(canvas, y) {
  const [pen, width, height] = ready(canvas);
  pen.fillStyle = getComputedStyle(canvas).getPropertyValue("--accent");
  const peak = y.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  for (let x = 0; x < width; x++) {
    const from = Math.floor((x * y.length) / width), to = Math.max(from + 1, Math.floor(((x + 1) * y.length) / width));
    let low = 0, high = 0;
    for (let i = from; i < to && i < y.length; i++) {
      low = Math.min(low, y[i]);
      high = Math.max(high, y[i]);
    }
    const top = (height / 2) * (1 - high / peak), bottom = (height / 2) * (1 - low / peak);
    pen.fillRect(x, top, 1, Math.max(1, bottom - top));
  }
}

// Draw up to `most` Hz, and return that bound: half the rate if that is less.
export function spectrogram(canvas, y, rate, most = 8000) {
  const [pen, width, height] = ready(canvas);
  const bound = Math.min(most, rate / 2), bins = Math.max(2, Math.floor((bound / rate) * SIZE));
  const columns = Math.min(width, 600), powers = new Float32Array(columns * bins);
  const window_ = Float32Array.from({ length: SIZE }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / SIZE));
  const re = new Float32Array(SIZE), im = new Float32Array(SIZE);
  let peak = 1e-12;
  for (let column = 0; column < columns; column++) {
    const start = Math.round((column / Math.max(1, columns - 1)) * Math.max(0, y.length - SIZE));
    for (let i = 0; i < SIZE; i++) {
      re[i] = (y[start + i] || 0) * window_[i];
      im[i] = 0;
    }
    transform(re, im);
    for (let k = 0; k < bins; k++) {
      const power = re[k] * re[k] + im[k] * im[k];
      powers[column * bins + k] = power;
      peak = Math.max(peak, power);
    }
  }
  pen.putImageData(painted(powers, columns, bins, peak, width, height), 0, 0);
  return bound;
}

function painted(powers, columns, bins, peak, width, height) {
  const image = new ImageData(width, height);
  for (let x = 0; x < width; x++) {
    const column = Math.floor((x * columns) / width);
    for (let row = 0; row < height; row++) {
      const bin = Math.min(bins - 1, Math.floor(((height - 1 - row) * bins) / height));
      const level = 10 * Math.log10(powers[column * bins + bin] / peak + 1e-12);
      const place = Math.max(0, 1 - level / FLOOR) * (COLOURS.length - 1);
      const low = COLOURS[Math.floor(place)], high = COLOURS[Math.min(COLOURS.length - 1, Math.floor(place) + 1)];
      for (let part = 0; part < 3; part++)
        image.data[4 * (row * width + x) + part] = low[part] + (place % 1) * (high[part] - low[part]);
      image.data[4 * (row * width + x) + 3] = 255;
    }
  }
  return image;
}

// The fast Fourier transform in place; the length is a power of two.
function transform(re, im) {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j], re[i]];
      [im[i], im[j]] = [im[j], im[i]];
    }
  }
  for (let size = 2; size <= n; size <<= 1) {
    for (let k = 0; k < size / 2; k++) {
      const angle = (-2 * Math.PI * k) / size, cosine = Math.cos(angle), sine = Math.sin(angle);
      for (let i = k; i < n; i += size) {
        const j = i + size / 2, x = re[j] * cosine - im[j] * sine, y = re[j] * sine + im[j] * cosine;
        re[j] = re[i] - x;
        im[j] = im[i] - y;
        re[i] += x;
        im[i] += y;
      }
    }
  }
}
