package shakemap

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
)

// ParseASCII reads an ESRI ASCII grid: ncols, nrows, xllcorner or xllcenter, yllcorner or
// yllcenter, cellsize (or dx and dy), NODATA_value, then the values from the north-west. The
// coordinates are degrees; what the values are, remarks say.
func ParseASCII(in feed.Input) (feed.Result, error) {
	r, err := parseASCII(in)
	if err != nil {
		return feed.Result{}, fmt.Errorf("read ASCII grid: %w", err)
	}
	return r, nil
}

func parseASCII(in feed.Input) (feed.Result, error) {
	body, _, about, err := begin(in)
	if err != nil {
		return feed.Result{}, err
	}
	header, rest, err := asciiHeader(body)
	if err != nil {
		return feed.Result{}, err
	}
	t, err := header.table()
	if err != nil {
		return feed.Result{}, err
	}
	c, factor, err := about.column("")
	if err != nil {
		return feed.Result{}, err
	}
	if t.cols*t.rows > len(rest)/2+1 { // a number and what parts it from the next
		return feed.Result{}, fmt.Errorf("%d bytes are too short for %d × %d values: %w", len(rest), t.cols, t.rows, fault.ErrInvalid)
	}
	c.values = make([]float64, 0, t.cols*t.rows)
	for word := range bytes.FieldsSeq(rest) {
		v, err := strconv.ParseFloat(string(word), 64)
		if err != nil {
			return feed.Result{}, fmt.Errorf("value %d: %s is no number: %w", len(c.values)+1, scan.Printable(word), fault.ErrInvalid)
		}
		if len(c.values) == t.cols*t.rows {
			return feed.Result{}, fmt.Errorf("more than %d × %d values: %w", t.cols, t.rows, fault.ErrInvalid)
		}
		if nodata, ok := header["nodata_value"]; ok && v == nodata || !scan.Finite(v) {
			v = math.NaN()
		}
		c.values = append(c.values, v*factor)
	}
	if len(c.values) < t.cols*t.rows {
		return feed.Result{}, fmt.Errorf("%d of %d × %d values: %w", len(c.values), t.cols, t.rows, fault.ErrInvalid)
	}
	t.layers = []column{c}
	return about.result(in, t, nil)
}

type header map[string]float64

// asciiHeader reads the lines that begin with a word; what follows is values.
func asciiHeader(body []byte) (header, []byte, error) {
	h := header{}
	rest := body
	for line := range bytes.Lines(body) {
		text := strings.ToLower(string(bytes.TrimSpace(line)))
		if text != "" && !strings.HasPrefix(text, "#") {
			f := strings.Fields(text)
			if strings.IndexAny(text[:1], "+-.0123456789") == 0 {
				break
			}
			if len(f) != 2 || !slices.Contains([]string{"ncols", "nrows", "xllcorner", "yllcorner", "xllcenter", "yllcenter", "cellsize", "dx", "dy", "nodata_value"}, f[0]) {
				if text == "nan" || strings.HasPrefix(text, "nan ") {
					break
				}
				return nil, nil, fmt.Errorf("header line %s: %w", scan.Printable(line), fault.ErrInvalid)
			}
			v, err := strconv.ParseFloat(f[1], 64)
			if err != nil && f[0] != "nodata_value" {
				return nil, nil, fmt.Errorf("header %s: %s is no number: %w", f[0], scan.Printable([]byte(f[1])), fault.ErrInvalid)
			}
			h[f[0]] = v
		}
		rest = rest[len(line):]
	}
	return h, rest, nil
}

func (h header) table() (*table, error) {
	size, square := h["cellsize"]
	dx, dy := h["dx"], h["dy"]
	if square {
		dx, dy = size, size
	}
	cols, rows := h["ncols"], h["nrows"]
	if !(cols >= 1 && cols <= maxRead && rows >= 1 && rows <= maxRead) || cols != math.Trunc(cols) || rows != math.Trunc(rows) {
		return nil, fmt.Errorf("ncols %v, nrows %v: %w", cols, rows, fault.ErrInvalid)
	}
	t := &table{cols: int(cols), rows: int(rows), stepLon: dx, stepLat: dy}
	if err := checkSize(t.cols, t.rows, 1); err != nil {
		return nil, err
	}
	x, okX := h["xllcorner"]
	y, okY := h["yllcorner"]
	if v, ok := h["xllcenter"]; ok {
		x, okX = v-dx/2, true
	}
	if v, ok := h["yllcenter"]; ok {
		y, okY = v-dy/2, true
	}
	if !okX || !okY || !(dx > 0) || !(dy > 0) {
		return nil, fmt.Errorf("no corner or no cellsize: %w", fault.ErrInvalid)
	}
	t.west, t.north = x, y+rows*dy
	if t.north > 91 || y < -91 || x < -541 || x > 541 {
		return nil, fmt.Errorf("corner %v, %v to %v: the grid is not in degrees: %w", x, y, t.north, fault.ErrInvalid)
	}
	return t, nil
}
