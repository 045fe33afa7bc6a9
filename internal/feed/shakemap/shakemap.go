// Package shakemap reads rasters: the grid and uncertainty documents of a ShakeMap, ESRI
// ASCII grids, and tables of longitude, latitude and values. Each record becomes one signal
// whose footprint holds the grid; a ShakeMap's carries the key of its earthquake as an alias,
// so that it joins that event. It promises to look at size and claimed numbers of cells
// before it makes room for them, to place every value by its own coordinates, and to say
// when it made a raster coarser, which keeps the greatest value. It converts no quantity
// into another, and reads no compressed or binary forms.
package shakemap

import (
	"bytes"

	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
)

// The names of the formats in source definitions.
const (
	Kind      = "shakemap"
	KindASCII = "asciigrid"
	KindCSV   = "csvgrid"
)

// Formats returns the three formats.
func Formats() []feed.Format {
	return []feed.Format{
		{Kind: Kind, Parse: Parse, Sniff: sniff},
		{Kind: KindASCII, Parse: ParseASCII, Sniff: sniffASCII},
		{Kind: KindCSV, Parse: ParseCSV, Sniff: sniffCSV},
	}
}

func head(body []byte, n int) []byte {
	body = scan.Trim(body)
	return body[:min(len(body), n)]
}

func sniff(body []byte) bool {
	h := head(body, 4<<10)
	return bytes.HasPrefix(h, []byte("<")) && bytes.Contains(h, []byte("<shakemap_grid"))
}

func sniffASCII(body []byte) bool {
	first, _ := firstLine(head(body, 4<<10))
	return bytes.HasPrefix(bytes.ToLower(first), []byte("ncols"))
}

// sniffCSV wants a header of longitude and latitude first and nothing before them but our
// own remarks: other tables have them too, further on.
func sniffCSV(body []byte) bool {
	first, _ := firstLine(head(body, 4<<10))
	names := cells(string(first))
	if len(names) < 3 || len(names) > 2+maxLayers {
		return false
	}
	a, b := axisOf(names[0]), axisOf(names[1])
	return a != 0 && b != 0 && a != b
}

// begin does what both text rasters begin with: the limit of size, the first line that is no
// remark, and what the remarks say of the values.
func begin(in feed.Input) (body, first []byte, about *remarks, err error) {
	if err := scan.Size(in.Body); err != nil {
		return nil, nil, nil, err
	}
	body = scan.Trim(in.Body)
	first, lines := firstLine(body)
	about, err = newRemarks(lines, in.Source)
	return body, first, about, err
}

// firstLine is the first line that is no remark, and the remarks before it.
func firstLine(body []byte) (line []byte, remarks []string) {
	for l := range bytes.Lines(body) {
		l = bytes.TrimSpace(l)
		if bytes.HasPrefix(l, []byte("#")) {
			remarks = append(remarks, string(bytes.TrimSpace(l[1:])))
			continue
		}
		if len(l) > 0 {
			return l, remarks
		}
	}
	return nil, remarks
}
