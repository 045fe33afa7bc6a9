package sheet

import (
	"slices"
	"strings"

	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// projectFields returns a project as cells, by column name.
func projectFields(p portfolio.Project) []portfolio.Field {
	return append([]portfolio.Field{{Name: "thing", Value: "project"}}, p.Fields()...)
}

// assetFields returns an asset as cells: the project by its code, a point as lat and lon.
func assetFields(a portfolio.Asset, codes map[string]string) []portfolio.Field {
	fields := a.Fields()
	for i, f := range fields {
		switch {
		case f.Name == "project":
			fields[i].Value = codes[a.Project]
		case f.Name == "serves":
			served := make([]string, len(a.Serves))
			for k, id := range a.Serves {
				served[k] = codes[id]
			}
			slices.Sort(served)
			fields[i].Value = strings.Join(served, "; ")
		case f.Name == "geometry" && a.Shape.Kind == geo.PointKind && len(a.Shape.Points) == 1:
			fields[i] = portfolio.Field{Name: "lat", Value: portfolio.FormatNumber(a.Shape.Points[0].Lat)}
			fields = append(fields, portfolio.Field{Name: "lon", Value: portfolio.FormatNumber(a.Shape.Points[0].Lon)})
		}
	}
	return fields
}

// contactFields returns a contact as cells: the project by its code.
func contactFields(c portfolio.Contact, codes map[string]string) []portfolio.Field {
	fields := append([]portfolio.Field{{Name: "thing", Value: "contact"}}, c.Fields()...)
	for i, f := range fields {
		if f.Name == "project" {
			fields[i].Value = codes[c.Project]
		}
	}
	return fields
}
