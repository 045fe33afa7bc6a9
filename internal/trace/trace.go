// Package trace lets any part say when a piece of work begins and ends, without knowing who
// listens. A nil Tracer listens to nothing and costs a comparison. It promises that no name
// and no attribute holds a person, an address or a secret: callers give kinds and ids only.
package trace

import "context"

// A Tracer is told of the beginning of a piece of work and gives what is to be called at its
// end. Attributes come in pairs of key and value.
type Tracer func(ctx context.Context, name string, attributes ...string) (context.Context, func(error))

// Begin begins a piece of work; end must be called once.
func (t Tracer) Begin(ctx context.Context, name string, attributes ...string) (inner context.Context, end func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	return t(ctx, name, attributes...)
}
