package event

// Hazard names what kind of harm a signal or event is about. The words are part of the
// published signal schema.
type Hazard string

// The hazards. Family groups those that share one warning.
const (
	Earthquake Hazard = "earthquake"
	Tsunami    Hazard = "tsunami"
	Cyclone    Hazard = "cyclone" // tropical cyclone, hurricane, typhoon
	Storm      Hazard = "storm"   // wind, thunderstorm, tornado, snow, ice, dust
	Cold       Hazard = "cold"
	Heat       Hazard = "heat"
	Flood      Hazard = "flood"
	Landslide  Hazard = "landslide"
	Wildfire   Hazard = "wildfire"
	Volcano    Hazard = "volcano"
	Drought    Hazard = "drought"
	Marine     Hazard = "marine" // high surf, rip currents, sea ice
	AirQuality Hazard = "air_quality"
	Conflict   Hazard = "conflict" // armed clash, shelling, air strike
	Terrorism  Hazard = "terrorism"
	Unrest     Hazard = "unrest" // protest, riot, strike, coup
	Crime      Hazard = "crime"
	Kidnap     Hazard = "kidnap"
	Outbreak   Hazard = "outbreak"
	Advice     Hazard = "advice" // a government's travel advice
	Sanctions  Hazard = "sanctions"
	Law        Hazard = "law"
	Corridor   Hazard = "corridor" // closed road, port, airport, border
	Cyber      Hazard = "cyber"
	Industrial Hazard = "industrial" // fire, explosion, spill, radiation, power or water cut
	Other      Hazard = "other"
)

// Hazards lists every hazard in the fixed order used by screens and schemas.
func Hazards() []Hazard {
	return []Hazard{
		Earthquake, Tsunami, Cyclone, Storm, Cold, Heat, Flood, Landslide, Wildfire, Volcano, Drought, Marine, AirQuality,
		Conflict, Terrorism, Unrest, Crime, Kidnap, Outbreak, Advice, Sanctions, Law, Corridor, Cyber, Industrial, Other,
	}
}

// Known tells whether h is one of Hazards.
func (h Hazard) Known() bool {
	for _, k := range Hazards() {
		if k == h {
			return true
		}
	}
	return false
}

// Family is the hazard family of a hazard: one warning exists per project, family and
// episode (METHOD.md 1.1). Sources name neighbouring kinds of violence differently, so
// conflict and terrorism share a family; storm and cold share one too.
func (h Hazard) Family() Hazard {
	switch h {
	case Terrorism:
		return Conflict
	case Cold, Marine:
		return Storm
	default:
		return h
	}
}
