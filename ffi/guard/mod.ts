/**
 * The machine code of the SIGBUS guard for x86-64: `guard.c` beside it, compiled by gcc 12.2.0.
 *
 * Made by `deno task guard:build`; a test compiles it again and compares.
 *
 * @module
 */

/** The compiler that made it. */
export const GUARD_COMPILER = "gcc 12.2.0";

/** Offset of the 16 bytes by which such code is known in memory. */
export const GUARD_MARK_AT = 16;

/** Offset of what a signal handler returns to. */
export const GUARD_RESTORER_AT = 32;

/** The bytes, for the start of a page; the handler is their first. */
export const GUARD_CODE: Uint8Array = bytesOf(`
  f30f1efaeb2acccccccccccccccccccc73747265616d62647369676275737631
  48c7c00f0000000f05cccccccccccccc41574156415541544989f45553448b7e
  084863df4c8d2d000000004981e500f0ffff48895424f04d8db5001000004585
  ff7f33498b8500100000483dff0f00000f87a400000041ba080000004531c045
  31c931d2b80d0000004889df4c89f60f05e9fc000000488b7e10498d85881000
  0031ed493b6e407353488b30488b50f84839d772054839f7720948ffc54883c0
  20ebe0488b104839d675ef48c1e5054983c8ff4531c9b8090000004881e700f0
  ffff4c01f541ba32400000488b95900000004829fe0f054839c77411498b8500
  100000483dff0f0000770feb4af048ff8598000000e9ad000000a9ff0f000075
  5148ba73747265616d626448395010754148ba73696762757376314839501875
  31488b5424f04c89e689df5b5d415c415d415e415fffe04863fb41ba08000000
  4531c04531c9b80d00000031d24c89f6eb5341ba080000004531c04531c931d2
  b80d0000004889df4c89f60f054585ff7f3531d24531d24531c04531c9b82700
  00004889d74889d60f054889c5b8ba0000000f054889c64d89e2b82901000048
  89ef4889da0f055b5d415c415d415e415fc3
`);

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/[0-9a-f]{2}/g) ?? [], (digits) => parseInt(digits, 16));
}
