package impact

import (
	"math"
	"sync"
)

// powers holds the tables of a logarithm and a power of two that are good to 1e-11 and take
// a fifth of the time of the library's: an ensemble asks for a hundred thousand of them.
type powers struct {
	part [512]struct{ inverse, log float64 } // of the middle of each 512th of [1, 2)
	exp  [64]float64                         // 2^(i/64)
}

// powerTables is computed once; it is a constant in all but name.
var powerTables = sync.OnceValue(func() *powers {
	p := &powers{}
	for i := range p.part {
		middle := 1 + (float64(i)+0.5)/float64(len(p.part))
		p.part[i].inverse, p.part[i].log = 1/middle, math.Log2(middle)
	}
	for i := range p.exp {
		p.exp[i] = math.Exp2(float64(i) / 64)
	}
	return p
})

// log2 is the binary logarithm of a normal x > 0.
func (p *powers) log2(x float64) float64 {
	bits := math.Float64bits(x)
	part := &p.part[bits>>43&511]
	r := float64(math.Float64frombits(bits&(1<<52-1)|1023<<52)*part.inverse) - 1
	return float64(int(bits>>52)-1023) + part.log + float64(math.Log2E*(r+float64(float64(r*r)*(float64(r*(1.0/3))-1.0/2))))
}

// exp2 is 2^y for y between −1000 and 1000.
func (p *powers) exp2(y float64) float64 {
	k := int(y*64+65536) - 65536 // floored, since the sum is positive
	r := (y - float64(k)/64) * math.Ln2
	sum := 1.0/6 + float64(r*(1.0/24)) // conversions keep every machine from fusing a product with a sum
	sum = 1.0/2 + float64(r*sum)
	sum = 1 + float64(r*sum)
	sum = 1 + float64(r*sum)
	return math.Float64frombits(uint64(k>>6+1023)<<52) * p.exp[k&63] * sum
}
