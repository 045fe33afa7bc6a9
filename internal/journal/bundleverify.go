package journal

import "context"

// VerifyBundle is Verify for a bundle, and holds the bundle against its own manifest. If no
// public key is given it takes those of the bundle and says so: they show that the bundle
// agrees with itself, not who made it.
func VerifyBundle(ctx context.Context, b *Bundle, opts VerifyOptions) (*Report, error) {
	own := len(opts.PublicKeys) == 0
	if own {
		opts.PublicKeys = b.Keys
	}
	r, err := Verify(ctx, b, opts)
	if err != nil {
		return nil, err
	}
	if own {
		r.note("the public key was taken from the bundle itself; give the key that you were handed to know who signed")
	}
	m := b.Manifest
	if m.Size != r.Size || (r.Root != "" && m.Root.String() != r.Root) || m.Withheld != r.Withheld {
		r.add(BadManifest, -1, "the manifest speaks of %d entries, %d withheld, root %s; the bundle holds %d, %d withheld, root %s",
			m.Size, m.Withheld, m.Root, r.Size, r.Withheld, r.Root)
		if m.Size > r.Size {
			r.Complete, r.CompleteWhy = CompleteNo, "the manifest counts more entries than there are"
		}
	}
	if r.Withheld > 0 {
		r.note("%d entries were withheld by the filter %q", r.Withheld, m.Filter)
	}
	r.OK = r.FindingCount == 0
	return r, nil
}
