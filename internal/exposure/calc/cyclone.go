package calc

import (
	"math"

	"watchfire.dev/internal/exposure/impact"
)

// cyclone asks for the wind at the place, or for the storm and its distance. With the track's
// error or radii of 34, 50 and 64 kt the ensemble answers, else the vortex.
func cyclone(m *impact.Method) Hazard {
	regions := []string{"default"}
	for _, r := range m.DamageRegions() {
		regions = append(regions, r.Code)
	}
	radius := func(name string) Field { return Field{Name: name, Unit: "km", Hi: 2500, Open: true, Drives: true} }
	return Hazard{
		Name: "cyclone", Example: "max_wind_kt=100 distance_km=80 latitude=18 track_error_km=90 radius_34kt_km=200 radius_50kt_km=110 radius_64kt_km=70 region=WP2",
		Fields: []Field{
			{Name: "wind_kt", Unit: "kt", Hi: 250, Drives: true},
			{Name: "max_wind_kt", Unit: "kt", Hi: 250, Drives: true},
			{Name: "distance_km", Unit: "km", Hi: 10000, Drives: true},
			{Name: "latitude", Unit: "°", Lo: -90, Hi: 90, Default: "15"},
			{Name: "radius_max_km", Unit: "km", Hi: 500, Open: true},
			radius("radius_34kt_km"), radius("radius_50kt_km"), radius("radius_64kt_km"),
			{Name: "track_error_km", Unit: "km", Hi: 3000, Default: "0", Drives: true},
			{Name: "wind_sigma_kt", Unit: "kt", Hi: 100, Open: true},
			{Name: "region", Kind: Word, Words: regions, Default: "default"},
			{Name: "country", Kind: Country},
			vulnerability,
			{Name: "surge_m", Unit: "m", Hi: 30, Default: "0", Drives: true},
			{Name: "rain_mm_24h", Unit: "mm", Hi: 3000, Default: "0", Drives: true},
			{Name: "seed", Hi: 1e9, Whole: true, Default: "1"},
		},
		run: runCyclone,
	}
}

func runCyclone(m *impact.Method, v values) (impact.Result, error) {
	region := v.word("region")
	if region == "default" {
		region = m.DamageRegionOf(v.word("country"))
	}
	radii := v.has("radius_34kt_km") || v.has("radius_50kt_km") || v.has("radius_64kt_km")
	switch {
	case !v.has("wind_kt") && !v.has("max_wind_kt"):
		return impact.Result{}, oneOf("wind_kt", "wind_kt, or max_wind_kt and distance_km")
	case !v.has("wind_kt") && !v.has("distance_km"):
		return impact.Result{}, oneOf("distance_km", "the distance from the centre, as max_wind_kt is given")
	case !v.has("wind_kt") && (radii || v.num("track_error_km") > 0):
		if v.has("wind_sigma_kt") {
			return impact.Result{}, Problem{Key: "wind_sigma_kt", Why: "formula", Got: "the ensemble of tracks takes no error of the wind; give it with wind_kt, or without radii and track_error_km"}
		}
		return ensemble(m, v, region)
	}
	in := impact.CycloneWindInput{
		SiteWindKnots: v.opt("wind_kt"), MaxWindKnots: v.num("max_wind_kt"), DistanceKM: v.num("distance_km"), Latitude: v.num("latitude"),
		RadiusMaxKM: v.num("radius_max_km"), WindSigmaKnots: v.num("wind_sigma_kt"), Region: region, Vulnerability: v.num("vulnerability"),
		SurgeM: v.num("surge_m"), RainMM24h: v.num("rain_mm_24h"),
	}
	r, err := m.CycloneWind(in)
	if err == nil && v.has("wind_kt") && (v.has("max_wind_kt") || radii || v.num("track_error_km") > 0) {
		r.Notes = append(r.Notes, "the wind at the place is given: the storm's own wind, radii and track error were not used")
	}
	return r, err
}

// ensemble is the storm at its closest approach: 1,000 displaced centres.
func ensemble(m *impact.Method, v values, region string) (impact.Result, error) {
	around := func(name string) impact.Quadrants {
		km := v.num(name)
		return impact.Quadrants{km, km, km, km}
	}
	lat := v.num("latitude")
	// The place lies on the centre's meridian towards the equator, where distances are exact.
	off := v.num("distance_km") / 111.19508
	if lat >= 0 {
		off = -off
	}
	return m.Cyclone(impact.CycloneInput{
		Track: []impact.TrackPoint{{
			Lat: lat, MaxWindKnots: v.num("max_wind_kt"), RadiusMaxKM: v.num("radius_max_km"), ErrorKM: v.num("track_error_km"),
			R34: around("radius_34kt_km"), R50: around("radius_50kt_km"), R64: around("radius_64kt_km"),
		}},
		Lat: math.Max(-90, math.Min(90, lat+off)), Seed: uint64(v.num("seed")), Region: region, Vulnerability: v.num("vulnerability"),
		SurgeM: v.num("surge_m"), RainMM24h: v.num("rain_mm_24h"),
	})
}
