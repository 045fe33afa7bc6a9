package cap

import (
	"strconv"
	"strings"
)

// AwarenessLevel is the colour of a MeteoAlarm warning, parameter awareness_level.
type AwarenessLevel struct {
	// Level runs from 1 (green, nothing to warn of) to 4 (red).
	Level int
	// Colour is green, yellow, orange or red.
	Colour string
	// Word is the severity beside it, as sent: "Moderate".
	Word string
}

// AwarenessType is the hazard of a MeteoAlarm warning, parameter awareness_type.
type AwarenessType struct {
	// Number is 1 wind, 2 snow or ice, 3 thunderstorm, 4 fog, 5 heat, 6 cold, 7 coast,
	// 8 forest fire, 9 avalanche, 10 rain, 12 flood, 13 rain and flood.
	Number int
	// Name is the word beside it, as sent: "Wind".
	Name string
}

// AwarenessLevel reads the parameter awareness_level, "2; yellow; Moderate". It is not ok
// when the parameter is missing, its number is not 1 to 4, or its colour says another
// number: such a level is worth nothing and the severity of the info stands.
func (in *Info) AwarenessLevel() (AwarenessLevel, bool) {
	parts := in.awareness("awareness_level")
	if parts == nil {
		return AwarenessLevel{}, false
	}
	n, err := strconv.Atoi(parts[0])
	if err != nil || n < 1 || n > 4 {
		return AwarenessLevel{}, false
	}
	level := AwarenessLevel{Level: n, Colour: [...]string{"green", "yellow", "orange", "red"}[n-1]}
	if len(parts) > 1 && parts[1] != "" && !strings.EqualFold(parts[1], level.Colour) {
		return AwarenessLevel{}, false
	}
	if len(parts) > 2 {
		level.Word = parts[2]
	}
	return level, true
}

// AwarenessType reads the parameter awareness_type, "1; Wind". It is not ok when the
// parameter is missing or does not begin with a positive number.
func (in *Info) AwarenessType() (AwarenessType, bool) {
	parts := in.awareness("awareness_type")
	if parts == nil {
		return AwarenessType{}, false
	}
	n, err := strconv.Atoi(parts[0])
	if err != nil || n < 1 {
		return AwarenessType{}, false
	}
	kind := AwarenessType{Number: n}
	if len(parts) > 1 {
		kind.Name = parts[1]
	}
	return kind, true
}

func (in *Info) awareness(name string) []string {
	value, ok := in.Parameter(name)
	if !ok {
		return nil
	}
	parts := strings.Split(value, ";")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// Parameter gives the value of the first parameter with this name; case is ignored.
func (in *Info) Parameter(name string) (string, bool) {
	for _, p := range in.Parameters {
		if strings.EqualFold(p.Name, name) {
			return p.Value, true
		}
	}
	return "", false
}
