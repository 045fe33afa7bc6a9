package config

// Other speaks to the services of the long tail, each by its service address.
type Other struct {
	Rooms map[string]OtherRoom `yaml:"rooms"`
}

// OtherRoom is one address: ntfy://, gotify://, matrix://, discord:// or pushover://.
type OtherRoom struct {
	URL Secret `yaml:"url"`
}

func (o *Other) check(bad complain) {
	eachRoom("other", o.Rooms, bad, func(at string, r OtherRoom) { needed(at+".url", r.URL, bad) })
}
