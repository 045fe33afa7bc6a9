package impact

// The code lists that callers offer to people. They come from the method, in its order.

// Bulletins names the kinds of tsunami bulletin.
func (m *Method) Bulletins() []string { return m.tsunami.Bulletin.names() }

// CorridorCauses names the causes of a closed route.
func (m *Method) CorridorCauses() []string { return m.corridor.Causes.names() }

// IncidentKinds names the kinds of incident.
func (m *Method) IncidentKinds() []string {
	out := make([]string, len(m.security.Kinds))
	for i, k := range m.security.Kinds {
		out[i] = k.Kind
	}
	return out
}

// IncidentMatches names what an incident's target may have in common with us.
func (m *Method) IncidentMatches() []string { return m.security.Match.names() }

// MaxHops is the number of levels of dependency that Supplier follows.
func (m *Method) MaxHops() int { return int(m.supplier.MaxHops) }

// WeighCap is the likelihood ratio to which all reports together are held.
func (m *Method) WeighCap() float64 { return m.weigh.CapRatio }

// names lists the words.
func (w words) names() []string {
	out := make([]string, len(w))
	for i, e := range w {
		out[i] = e.Word
	}
	return out
}
