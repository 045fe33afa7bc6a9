package indicator

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// panelFiles says which recorded panel a mapping reads.
var panelFiles = map[string]string{
	"inform-2016": "OCHA-DAP__INFORM-2016.csv", "inform-2018": "OCHA-DAP__INFORM_Mid2018_v034.csv", "inform-2020": "OCHA-DAP__inform_gri_2020_v040.csv",
	"inform-trends": "OCHA-DAP__inform_risk_trends_to_2021.csv", "inform-raw": "OCHA-DAP__inform_risk_indicators_no_conflict.csv.gz",
	"wgi": "Global-Development__WGI_1996-2019.csv.gz", "homicide": "Global-Alignment-labs__homicide_unodc_who.csv",
	"inflation": "datasets__inflation-consumer.csv.gz", "gdp": "datasets__gdp.csv.gz", "population": "datasets__population.csv.gz",
	"reserves": "ONEcampaign__wb_FI.RES.XGLD.CD_15_years.csv", "cpia": "Global-Development__CPIA_2005-2019.csv.gz",
	"vdem-liberal": "Amarjitkuma__vdem_libdem_to_2021.csv.gz", "vdem-regime": "minh-phung__vdem_political_regime_to_2021.csv.gz",
	"hdi": "owid__undp_hdi.csv", "rand-terrorism": "owid__rand_terrorism.csv", "fx-h10": "datasets__fx_monthly.csv",
	"fx-imf": "OCHA-DAP__secondary_historic_rates.csv.gz", "mass-killing": "ulfelder__ewp.forecasts.2015.csv",
	"gain": "brunosan__gain.csv", "gain-vulnerability": "brunosan__vulnerability.csv", "gain-readiness": "brunosan__readiness.csv", "ti-cpi": "datasets__cpi.csv",
}

// corpus reads a recorded panel, or skips.
func corpus(t *testing.T, name string) []byte {
	t.Helper()
	root := os.Getenv("WATCHFIRE_CORPUS")
	if root == "" {
		t.Skip("WATCHFIRE_CORPUS is not set")
	}
	raw, err := os.ReadFile(filepath.Join(root, "indices", name))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if raw, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	return raw
}

// TestPanels holds every mapping against the panel that it was written for: none is refused,
// at most one row in a hundred is put aside for another reason than its place, and places that
// are not known are few.
func TestPanels(t *testing.T) {
	t.Parallel()
	for _, m := range Mappings() {
		file, ok := panelFiles[m.ID]
		if !ok {
			t.Errorf("mapping %s has no recorded panel", m.ID)
			continue
		}
		t.Run(m.ID, func(t *testing.T) {
			t.Parallel()
			obs, rep, err := Read(m, corpus(t, file), time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			other := 0
			for _, q := range rep.Quarantined {
				if q.Reason != ReasonPlace {
					if other++; other < 4 {
						t.Logf("line %d %s: %s", q.Line, q.Reason, q.Detail)
					}
				}
			}
			if other*100 > rep.Rows {
				t.Errorf("%d of %d rows put aside", other, rep.Rows)
			}
			t.Logf("%d rows, %d taken, %d missing, %d aggregates, %d repeated, %d aside; unmatched %v", rep.Rows, len(obs), rep.Missing, rep.Aggregates, rep.Repeated, len(rep.Quarantined), rep.Unmatched)
		})
	}
}
