/** The package has no types of its own. These are what we use of it. */

declare module "gifenc" {
  type Colour = readonly number[];
  interface FrameOptions {
    readonly palette: readonly Colour[];
    /** It is in ms. */
    readonly delay: number;
    readonly transparent: boolean;
    readonly transparentIndex: number;
    readonly dispose: number;
  }
  interface Encoder {
    writeFrame(index: Uint8Array, width: number, height: number, options: FrameOptions): void;
    finish(): void;
    bytes(): Uint8Array;
  }
  const gifenc: {
    GIFEncoder(): Encoder;
    quantize(rgba: Uint8Array | Uint8ClampedArray, colours: number): Colour[];
    applyPalette(rgba: Uint8Array | Uint8ClampedArray, palette: readonly Colour[]): Uint8Array;
  };
  export default gifenc;
}
