#include "textflag.h"

// together brings those of four ids to the front whose bits are set: for each of the sixteen
// sets, the bytes in their new order.
DATA together<>+0(SB)/8, $0x8080808080808080
DATA together<>+8(SB)/8, $0x8080808080808080
DATA together<>+16(SB)/8, $0x8080808003020100
DATA together<>+24(SB)/8, $0x8080808080808080
DATA together<>+32(SB)/8, $0x8080808007060504
DATA together<>+40(SB)/8, $0x8080808080808080
DATA together<>+48(SB)/8, $0x0706050403020100
DATA together<>+56(SB)/8, $0x8080808080808080
DATA together<>+64(SB)/8, $0x808080800b0a0908
DATA together<>+72(SB)/8, $0x8080808080808080
DATA together<>+80(SB)/8, $0x0b0a090803020100
DATA together<>+88(SB)/8, $0x8080808080808080
DATA together<>+96(SB)/8, $0x0b0a090807060504
DATA together<>+104(SB)/8, $0x8080808080808080
DATA together<>+112(SB)/8, $0x0706050403020100
DATA together<>+120(SB)/8, $0x808080800b0a0908
DATA together<>+128(SB)/8, $0x808080800f0e0d0c
DATA together<>+136(SB)/8, $0x8080808080808080
DATA together<>+144(SB)/8, $0x0f0e0d0c03020100
DATA together<>+152(SB)/8, $0x8080808080808080
DATA together<>+160(SB)/8, $0x0f0e0d0c07060504
DATA together<>+168(SB)/8, $0x8080808080808080
DATA together<>+176(SB)/8, $0x0706050403020100
DATA together<>+184(SB)/8, $0x808080800f0e0d0c
DATA together<>+192(SB)/8, $0x0f0e0d0c0b0a0908
DATA together<>+200(SB)/8, $0x8080808080808080
DATA together<>+208(SB)/8, $0x0b0a090803020100
DATA together<>+216(SB)/8, $0x808080800f0e0d0c
DATA together<>+224(SB)/8, $0x0b0a090807060504
DATA together<>+232(SB)/8, $0x808080800f0e0d0c
DATA together<>+240(SB)/8, $0x0706050403020100
DATA together<>+248(SB)/8, $0x0f0e0d0c0b0a0908
GLOBL together<>(SB), RODATA|NOPTR, $256

// func dotsByFours(vecs *vector, ids, room *int32, fours int, v *vector, low, high float64) (looked, wrote int)
TEXT ·dotsByFours(SB), NOSPLIT, $0-72
	MOVQ vecs+0(FP), SI
	MOVQ ids+8(FP), DX
	MOVQ room+16(FP), DI
	MOVQ fours+24(FP), CX
	MOVQ v+32(FP), AX
	VBROADCASTSD low+40(FP), Y14
	VBROADCASTSD high+48(FP), Y15
	LEAQ together<>(SB), R8
	MOVQ CX, R9
	MOVQ DI, R10

	// v as it meets four points of three numbers each: x y z x, y z x y, z x y z.
	VBROADCASTSD 0(AX), Y0
	VBROADCASTSD 8(AX), Y1
	VBROADCASTSD 16(AX), Y2
	VBLENDPD $2, Y1, Y0, Y3
	VBLENDPD $4, Y2, Y3, Y3
	VBLENDPD $2, Y2, Y1, Y4
	VBLENDPD $4, Y0, Y4, Y4
	VBLENDPD $2, Y0, Y2, Y5
	VBLENDPD $4, Y1, Y5, Y5
	TESTQ CX, CX
	JZ done

next:
	VMULPD 0(SI), Y3, Y0
	VMULPD 32(SI), Y4, Y1
	VMULPD 64(SI), Y5, Y2
	VBLENDPD $12, Y1, Y0, Y6     // x0 y0 x2 y2
	VPERM2F128 $0x21, Y2, Y0, Y7 // z0 x1 z2 x3
	VBLENDPD $12, Y2, Y1, Y8     // y1 z1 y3 z3
	VSHUFPD $10, Y7, Y6, Y0      // x0 x1 x2 x3
	VSHUFPD $5, Y8, Y6, Y1       // y0 y1 y2 y3
	VSHUFPD $10, Y8, Y7, Y2      // z0 z1 z2 z3
	VADDPD Y1, Y0, Y0
	VADDPD Y2, Y0, Y0
	VCMPPD $0x1E, Y15, Y0, Y1    // above high
	VCMPPD $0x1D, Y14, Y0, Y2    // low or above
	VMOVMSKPD Y1, AX
	VMOVMSKPD Y2, BX
	CMPL AX, BX
	JNE done
	MOVL AX, BX
	SHLQ $4, BX
	VMOVDQU (DX), X9
	VPSHUFB (R8)(BX*1), X9, X9
	VMOVDQU X9, (DI)
	POPCNTL AX, AX
	LEAQ (DI)(AX*4), DI
	ADDQ $96, SI
	ADDQ $16, DX
	DECQ CX
	JNZ next

done:
	VZEROUPPER
	SUBQ CX, R9
	MOVQ R9, looked+56(FP)
	SUBQ R10, DI
	SHRQ $2, DI
	MOVQ DI, wrote+64(FP)
	RET
