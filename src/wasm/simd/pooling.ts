/**
 * Largest value of a window, and where it stands, for four channels at a time or one (`wide`). A window is given by its
 * first pixel and how far it reaches in each direction after clipping at the borders, so that it is never empty.
 */
@inline
function first(at: usize, wide: bool): v128 {
  return wide ? v128.load(at) : v128.load32_splat(at);
}

/**
 * Max pooling, forward (`dy` 0: `result` gets the maxima) and gradient (`result`, zeros, gets dy where the first maximum
 * of each window stands). Volumes are batch x depth x height x width x channels; images have depth 1.
 * `geometry` points to 21 int32: batch, channels, in depth/height/width, out depth/height/width, strides, dilations,
 * window, padding before; the last twelve as depth/height/width triples.
 */
export function maxPool(x: usize, dy: usize, result: usize, geometry: usize): void {
  const batch = load<i32>(geometry);
  const channels = load<i32>(geometry, 4);
  const outDepth = load<i32>(geometry, 20);
  const outHeight = load<i32>(geometry, 24);
  const outWidth = load<i32>(geometry, 28);
  const volume = <usize>(load<i32>(geometry, 8) * load<i32>(geometry, 12) * load<i32>(geometry, 16) * channels) << 2;
  const pixel = <usize>channels << 2;
  let out = dy == 0 ? result : dy;
  for (let b = 0; b < batch; b++) {
    for (let od = 0; od < outDepth; od++) {
      for (let oh = 0; oh < outHeight; oh++) {
        for (let ow = 0; ow < outWidth; ow++) {
          window(x, out, dy == 0 ? 0 : result, geometry, od, oh, ow, channels);
          out += pixel;
        }
      }
    }
    x += volume;
    if (dy != 0) result += volume;
  }
}

/** First coordinate of a clipped window. */
@inline
function begin(geometry: usize, axis: usize, index: i32): i32 {
  const start = index * load<i32>(geometry + axis, 32) - load<i32>(geometry + axis, 68);
  const dilation = load<i32>(geometry + axis, 44);
  return start < 0 ? start + ((-start + dilation - 1) / dilation) * dilation : start;
}

/** Coordinate behind the last one of a clipped window. */
@inline
function finish(geometry: usize, axis: usize, index: i32): i32 {
  const start = index * load<i32>(geometry + axis, 32) - load<i32>(geometry + axis, 68);
  const reach = start + (load<i32>(geometry + axis, 56) - 1) * load<i32>(geometry + axis, 44) + 1;
  return min(reach, load<i32>(geometry + axis, 8));
}

/** One window of all channels. `out` is the pixel of the output (or of dy), `dx` the gradient's volume or 0. */
function window(x: usize, out: usize, dx: usize, geometry: usize, od: i32, oh: i32, ow: i32, channels: i32): void {
  const d0 = begin(geometry, 0, od);
  const d1 = finish(geometry, 0, od);
  const h0 = begin(geometry, 4, oh);
  const h1 = finish(geometry, 4, oh);
  const w0 = begin(geometry, 8, ow);
  const w1 = finish(geometry, 8, ow);
  // A window that lies wholly in the padding: only odd explicit paddings make one. It has no maximum.
  const empty = d0 >= d1 || h0 >= h1 || w0 >= w1;
  let c = 0;
  for (; c < channels; c += 4) {
    const wide = c + 4 <= channels;
    const left = wide ? 1 : channels - c;
    for (let i = 0; i < left; i++) {
      const at = <usize>(c + i) << 2;
      if (empty) {
        if (dx == 0) put(out + at, f32x4.splat(-Infinity), wide);
      } else if (dx == 0) put(out + at, largest(x + at, geometry, d0, d1, h0, h1, w0, w1, channels, wide), wide);
      else scatter(x + at, dx + at, out + at, geometry, d0, d1, h0, h1, w0, w1, channels, wide);
    }
  }
}

@inline
function put(to: usize, value: v128, wide: bool): void {
  if (wide) v128.store(to, value);
  else store<f32>(to, f32x4.extract_lane(value, 0));
}

@inline
function offsetOf(geometry: usize, d: i32, h: i32, w: i32, channels: i32): usize {
  return <usize>(((d * load<i32>(geometry, 12) + h) * load<i32>(geometry, 16) + w) * channels) << 2;
}

@inline
function largest(x: usize, geometry: usize, d0: i32, d1: i32, h0: i32, h1: i32, w0: i32, w1: i32, channels: i32, wide: bool): v128 {
  let best = first(x + offsetOf(geometry, d0, h0, w0, channels), wide);
  for (let d = d0; d < d1; d += load<i32>(geometry, 44)) {
    for (let h = h0; h < h1; h += load<i32>(geometry, 48)) {
      for (let w = w0; w < w1; w += load<i32>(geometry, 52)) {
        const value = first(x + offsetOf(geometry, d, h, w, channels), wide);
        best = v128.bitselect(value, best, f32x4.gt(value, best));
      }
    }
  }
  return best;
}

/** Adds dy at the first maximum: found in a first pass as an offset per lane, added in a second one. */
@inline
function scatter(x: usize, dx: usize, dy: usize, geometry: usize, d0: i32, d1: i32, h0: i32, h1: i32, w0: i32, w1: i32, channels: i32, wide: bool): void {
  const start = offsetOf(geometry, d0, h0, w0, channels);
  let best = first(x + start, wide);
  let where = i32x4.splat(<i32>start);
  const dilationWidth = load<i32>(geometry, 52);
  const pixelStep = <usize>(dilationWidth * channels) << 2;
  for (let d = d0; d < d1; d += load<i32>(geometry, 44)) {
    for (let h = h0; h < h1; h += load<i32>(geometry, 48)) {
      let offset = offsetOf(geometry, d, h, w0, channels);
      for (let w = w0; w < w1; w += dilationWidth) {
        const value = first(x + offset, wide);
        const more = f32x4.gt(value, best);
        best = v128.bitselect(value, best, more);
        where = v128.bitselect(i32x4.splat(<i32>offset), where, more);
        offset += pixelStep;
      }
    }
  }
  if (wide) {
    add(dx + <usize>i32x4.extract_lane(where, 0), load<f32>(dy));
    add(dx + <usize>i32x4.extract_lane(where, 1) + 4, load<f32>(dy, 4));
    add(dx + <usize>i32x4.extract_lane(where, 2) + 8, load<f32>(dy, 8));
    add(dx + <usize>i32x4.extract_lane(where, 3) + 12, load<f32>(dy, 12));
  } else add(dx + <usize>i32x4.extract_lane(where, 0), load<f32>(dy));
}

@inline
function add(to: usize, value: f32): void {
  store<f32>(to, load<f32>(to) + value);
}
