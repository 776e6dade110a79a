/** Frames are filled up to about this much tar. */
export const FRAME_BYTES = 4 << 20;

/** Files with more stored content than this are cut into pieces of FRAME_BYTES, each in a frame of its own. */
export const LARGE_BYTES = 8 << 20;
