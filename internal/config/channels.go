package config

// Channels sets up how people are reached beside mail and signed webhooks. A channel that is
// not set up does not exist: a contact who is only reached by it is a gap that the desk shows.
// Rooms are named here; the portfolio holds the names, never the secret addresses.
type Channels struct{}
