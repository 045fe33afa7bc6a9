package impact

import (
	"fmt"
	"slices"
	"strings"
)

// checkScalars refuses spreads that are none and numbers that would stop or stall a formula.
func (f *methodFile) checkScalars(c *checker) {
	for _, g := range []struct {
		name string
		gsd  float64
	}{
		{"surge", f.Cyclone.Surge.GSD},
		{"rain", f.Cyclone.Rain.GSD},
		{"tsunami height", f.Tsunami.HeightGSD},
		{"flood return", f.Flood.ReturnGSD},
		{"flood depth", f.Flood.DepthGSD},
		{"wildfire hours", f.Wildfire.HoursGSD},
		{"wildfire pm25", f.Wildfire.PM25GSD},
		{"volcano ash", f.Volcano.AshGSD},
		{"outbreak", f.Outbreak.GSD},
		{"corridor", f.Corridor.GSD},
	} {
		c.within(g.name+" gsd", g.gsd, 1.0001, 100)
	}
	for _, v := range []struct {
		name         string
		v, low, high float64
	}{
		{"earthquake fatality beta", f.Earthquake.FatalityDefault.Beta, 0.01, 10},
		{"earthquake fatality theta", f.Earthquake.FatalityDefault.Theta, 1, 1000},
		{"earthquake hypocentral s1", f.Earthquake.Hypocentral.S1, 0.01, 5},
		{"earthquake rupture s1", f.Earthquake.Rupture.S1, 0.01, 5},
		{"earthquake hypocentral s2", f.Earthquake.Hypocentral.S2, 0, 5},
		{"earthquake rupture s2", f.Earthquake.Rupture.S2, 0, 5},
		{"earthquake hypocentral s3", f.Earthquake.Hypocentral.S3, 0.01, 1e4},
		{"earthquake rupture s3", f.Earthquake.Rupture.S3, 0.01, 1e4},
		{"earthquake hypocentral far_km", f.Earthquake.Hypocentral.FarKM, 1, 1e4},
		{"earthquake shakemap_sigma", f.Earthquake.ShakeMapSigma, 0.01, 5},
		{"earthquake shortest distance", f.Earthquake.DistanceRangeKM[0], 0.1, 100},
		{"cyclone v_threshold_ms", f.Cyclone.VThreshold, 0, 200},
		{"cyclone v_half_ms", f.Cyclone.VHalf, f.Cyclone.VThreshold + 1, 1000},
		{"cyclone catastrophic_mdr", f.Cyclone.CatastrophicMDR, 0.001, 0.25},
		{"cyclone lowest class", f.Cyclone.ClassKnots[0], 1, 200},
		{"cyclone outer_exponent", f.Cyclone.OuterExponent, 0.1, 3},
		{"cyclone point_wind_sigma", f.Cyclone.PointWindSigma, 0, 1},
		{"cyclone rmw base_km", f.Cyclone.RMW.BaseKM, 1, 500},
		{"cyclone draws", float64(f.Cyclone.Draws), 1, 100000},
		{"cyclone step_hours", f.Cyclone.StepHours, 0.05, 6},
		{"cyclone step_km", f.Cyclone.StepKM, 1, 1000},
		{"cap scale_km", f.CAP.ScaleKM, 0.1, 1000},
		{"default_curve scale_km", f.Curve.ScaleKM, 0.1, 1000},
		{"volcano scale_km", f.Volcano.ScaleKM, 0.1, 1000},
		{"wildfire spread_share", f.Wildfire.SpreadShare, 0.001, 1},
		{"wildfire min_wind_kmh", f.Wildfire.MinWindKMH, 0.1, 100},
		{"heat sigma", f.Heat.Sigma, 0, 20},
		{"tsunami dry_elevation_m", f.Tsunami.DryM, 0, 1000},
		{"tsunami coast_km", f.Tsunami.CoastKM, 0, 1000},
		{"supplier per_hop", f.Supplier.PerHop, 0, 1},
		{"supplier max_hops", f.Supplier.MaxHops, 0, 20},
		{"compliance law_days", f.Compliance.LawDays, 0, 3650},
		{"context pager_max_spread", f.Context.PAGERMaxSpread, 0.1, 10},
		{"security prior_days", f.Security.PriorDays, 1, 36525},
		{"security event_km", f.Security.EventKM, 0.1, 1000},
		{"weigh cap_ratio", f.Weigh.CapRatio, 1, 1e6},
		{"weigh rho_same", f.Weigh.RhoSame, 0, 1},
		{"weigh rho_independent", f.Weigh.RhoIndependent, 0, 1},
		{"weigh learn_a", f.Weigh.LearnA, 0.01, 1000},
		{"weigh learn_b", f.Weigh.LearnB, 0, 1000},
	} {
		c.within(v.name, v.v, v.low, v.high)
	}
}

// checkLists refuses rows that a formula could not use.
func (f *methodFile) checkLists(c *checker) {
	for k, n := range f.Earthquake.ClassDeaths {
		c.within(fmt.Sprintf("earthquake class_deaths I%d", k+1), float64(n), 0, 1000)
	}
	for i, ratio := range f.Weigh.Ratio {
		c.within(fmt.Sprintf("weigh ratio %d", i+1), ratio, 0.001, 1000)
	}
	for _, r := range f.Cyclone.Regions {
		c.within("cyclone region "+r.Code, r.VHalf, f.Cyclone.VThreshold+1, 1000)
	}
	for _, k := range f.Security.Kinds {
		c.within("reach of "+k.Kind, k.ReachKM, 0.1, 1000)
		c.within("half-life of "+k.Kind, k.TauDays, 0.1, 3650)
		c.within("weight of "+k.Kind, k.Weight, 0, 100)
	}
	for _, curve := range f.Flood.Curves {
		if len(curve.Depth) != len(curve.MDR) || len(curve.Depth) < 2 || !slices.IsSorted(curve.Depth) || !slices.IsSorted(curve.MDR) {
			c.add("depth curve of " + curve.Class + ", " + curve.Region + " does not rise point by point")
		}
		for i, share := range curve.MDR {
			c.within("damage ratio of "+curve.Class+", "+curve.Region, share, 0, 1)
			if i < len(curve.Depth) {
				c.within("depth of "+curve.Class+", "+curve.Region, curve.Depth[i], 0, 100)
			}
		}
	}
	moderate := false
	for _, l := range f.Heat.Limits {
		moderate = moderate || l.Work == defaultWork
		c.within("heat limit of "+l.Work, l.Acclimatised, 0, 60)
		c.within("heat limit of newcomers at "+l.Work, l.Newcomer, 0, 60)
	}
	if !moderate {
		c.add("heat limits lack the work " + defaultWork)
	}
	for _, own := range f.Earthquake.Fatality {
		if len(own.Country) != 2 || own.Country != strings.ToUpper(own.Country) {
			c.add(fmt.Sprintf("fatality model of country %.20q, want two capital letters", own.Country))
		}
		c.within("fatality theta of "+own.Country, own.Theta, 1, 1000)
		c.within("fatality beta of "+own.Country, own.Beta, 0.01, 10)
		c.within("fatality zeta of "+own.Country, own.Zeta, 0.01, 10)
	}
}
