// Keys of a small node's rows, (bin, place in the node) in 16 bits, sorted by networks: eight features at a time.

/** Keys (bin, place) of the listed features, eight a group: bytes are picked out of a record by a table look-up. */
function gatherKeys(from: usize, size: i32, list: usize, count: i32, groups: i32): void {
  const vectors = stride >> 4;
  let mask = masksAt;
  for (let group = 0; group < groups; group++) {
    // Lanes beyond the list get an index out of range, hence bin 0 everywhere, and never split.
    const inList = i16x8.lt_s(i16x8(0, 1, 2, 3, 4, 5, 6, 7), i16x8.splat(<i16>(count - (group << 3))));
    const features = v128.bitselect(v128.load(list + (<usize>group << 4)), i16x8.splat(255), inList);
    const high = v128.or(i16x8.shl(features, 8), i16x8.splat(255));
    for (let vector: usize = 0; vector < vectors; vector++, mask += 16) {
      v128.store(mask, i16x8.sub(high, i16x8.splat(<i16>(vector << 12))));
    }
  }
  for (let place = 0; place < size; place++) {
    const record = from + <usize>place * recordSize;
    mask = masksAt;
    let to = keysAt + (<usize>place << 4);
    for (let group = 0; group < groups; group++, to += GROUP_KEYS) {
      let key = i16x8.splat(<i16>place);
      for (let at: usize = 0; at < stride; at += 16, mask += 16) {
        key = v128.or(key, i8x16.swizzle(v128.load(record + at), v128.load(mask)));
      }
      v128.store(to, key);
    }
  }
}

/** The same, byte by byte, for many features. */
function copyKeys(from: usize, size: i32, list: usize, count: i32, groups: i32): void {
  for (let place = 0; place < size; place++) {
    const record = from + <usize>place * recordSize;
    for (let i = 0; i < groups << 3; i++) {
      const to = keysAt + <usize>(i >> 3) * GROUP_KEYS + (<usize>place << 4) + (<usize>(i & 7) << 1);
      const bin: u32 = i < count ? load<u8>(record + <usize>load<u16>(list + (<usize>i << 1))) : 0;
      store<u16>(to, <u16>((bin << 8) | place));
    }
  }
}

/** Sorts up to 8 keys in registers: Batcher's network of 19 comparators; keys that are not there are the largest. */
function sortFew(keys: usize, size: i32): void {
  const none = i16x8.splat(-1);
  let a = v128.load(keys);
  let b = v128.load(keys, 16);
  let c = v128.load(keys, 32);
  let d = size > 3 ? v128.load(keys, 48) : none;
  let t = i16x8.min_u(a, b); b = i16x8.max_u(a, b); a = t;
  t = i16x8.min_u(c, d); d = i16x8.max_u(c, d); c = t;
  t = i16x8.min_u(a, c); c = i16x8.max_u(a, c); a = t;
  t = i16x8.min_u(b, d); d = i16x8.max_u(b, d); b = t;
  t = i16x8.min_u(b, c); c = i16x8.max_u(b, c); b = t;
  if (size > 4) {
    let e = v128.load(keys, 64);
    let f = size > 5 ? v128.load(keys, 80) : none;
    let g = size > 6 ? v128.load(keys, 96) : none;
    let h = size > 7 ? v128.load(keys, 112) : none;
    t = i16x8.min_u(e, f); f = i16x8.max_u(e, f); e = t;
    t = i16x8.min_u(g, h); h = i16x8.max_u(g, h); g = t;
    t = i16x8.min_u(e, g); g = i16x8.max_u(e, g); e = t;
    t = i16x8.min_u(f, h); h = i16x8.max_u(f, h); f = t;
    t = i16x8.min_u(f, g); g = i16x8.max_u(f, g); f = t;
    // Merge of abcd and efgh.
    t = i16x8.min_u(a, e); e = i16x8.max_u(a, e); a = t;
    t = i16x8.min_u(b, f); f = i16x8.max_u(b, f); b = t;
    t = i16x8.min_u(c, g); g = i16x8.max_u(c, g); c = t;
    t = i16x8.min_u(d, h); h = i16x8.max_u(d, h); d = t;
    t = i16x8.min_u(c, e); e = i16x8.max_u(c, e); c = t;
    t = i16x8.min_u(d, f); f = i16x8.max_u(d, f); d = t;
    t = i16x8.min_u(b, c); c = i16x8.max_u(b, c); b = t;
    t = i16x8.min_u(d, e); e = i16x8.max_u(d, e); d = t;
    t = i16x8.min_u(f, g); g = i16x8.max_u(f, g); f = t;
    v128.store(keys, e, 64);
    v128.store(keys, f, 80);
    v128.store(keys, g, 96);
    v128.store(keys, h, 112);
  }
  v128.store(keys, a);
  v128.store(keys, b, 16);
  v128.store(keys, c, 32);
  v128.store(keys, d, 48);
}

/** Sorts keys by the network for their number, which is written down when it is first needed. */
function sortKeys(keys: usize, size: i32): void {
  const entry = networkStartsAt + (<usize>size << 3);
  if (load<u32>(entry) == 0) writeNetwork(size, entry);
  const end = <usize>load<u32>(entry, 4);
  for (let at = <usize>load<u32>(entry); at < end; at += 4) {
    const pair = load<u32>(at);
    const low = keys + <usize>(pair & 0xffff);
    const high = keys + <usize>(pair >> 16);
    const one = v128.load(low);
    const other = v128.load(high);
    v128.store(low, i16x8.min_u(one, other));
    v128.store(high, i16x8.max_u(one, other));
  }
}

/** Merge exchange (Batcher 1968; Knuth, The Art of Computer Programming 3, algorithm 5.2.2M), as pairs of offsets. */
function writeNetwork(size: i32, entry: usize): void {
  store<u32>(entry, <u32>networksEnd);
  let top = 1;
  while (top * 2 < size) top <<= 1;
  for (let p = top; p > 0; p >>= 1) {
    let q = top;
    let r = 0;
    let d = p;
    while (true) {
      for (let i = 0; i < size - d; i++) {
        if ((i & p) != r) continue;
        store<u32>(networksEnd, (i << 4) | ((i + d) << 20));
        networksEnd += 4;
      }
      if (q == p) break;
      d = q - p;
      q >>= 1;
      r = p;
    }
  }
  store<u32>(entry, <u32>networksEnd, 4);
}
