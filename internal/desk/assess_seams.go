package desk

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/forecast/ledger"
	"watchfire.dev/internal/forecast/panel"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/register"
)

// seams gives the units what other parts of the program know: the controls of the register and
// the chance of a severe impact that it gives, and of countries the forecast that stands open.
func (d *Desk) seams(ctx context.Context, org string, o AssessOptions, in *assessment.Inputs) error {
	stored, c, err := d.risks(ctx, org)
	if err != nil {
		return err
	}
	byProject := map[string][]register.Entry{}
	for _, e := range entriesOf(stored) {
		if !e.Closed && e.Project != "" {
			byProject[e.Project] = append(byProject[e.Project], e)
		}
	}
	for i := range in.Units {
		u := &in.Units[i]
		if u.Kind != assessment.Project {
			continue
		}
		code := strings.TrimPrefix(u.ID, assessment.Project+":")
		contract := c.Scope(code).ContractValue
		u.Controls = controlsOf(byProject[code], contract, o.AsOf)
		if o.Purpose == Published { // the register of today says nothing of a year that is over
			u.Probability = severeOf(byProject[code], contract, o.AsOf)
		}
	}
	if o.Purpose == Published {
		in.Chances, err = d.chances(ctx, org, o)
	}
	return err
}

// controlsOf are the controls of a project's risks. Each risk has the share of its dimension
// that its inherent score has; what nobody owns counts as nothing and what nobody must do or
// checks as half, as in the register.
func controlsOf(entries []register.Entry, contract float64, now time.Time) []assessment.Control {
	shares := sharesOf(entries, contract, now)
	var out []assessment.Control
	for _, e := range entries {
		for _, x := range e.Controls {
			a := assessment.Control{
				ID: e.Code + "/" + x.Code, Dimension: e.Dimension, Mitigating: x.Effect == register.Mitigating, Design: x.Design, Implementation: x.Implementation,
				Tested: x.Tested.Time(), Risk: e.Code, Share: shares[e.Code],
			}
			gaps := x.Gaps(now)
			if len(x.Evidence) > 0 && !slices.Contains(gaps, register.NoOwner) {
				a.Evidence = x.Evidence[0].Text
			}
			if slices.Contains(gaps, register.NoMust) || slices.Contains(gaps, register.NoCheck) {
				a.Implementation /= 2
			}
			out = append(out, a)
		}
	}
	return out
}

// sharesOf is the part that each risk of a project has in its dimension, by its inherent score.
func sharesOf(entries []register.Entry, contract float64, now time.Time) map[string]float64 {
	whole, score := map[string]float64{}, map[string]float64{}
	for _, e := range entries {
		score[e.Code] = float64(max(1, e.FiguresAt(register.Inherent, contract, now).Score))
		whole[e.Dimension] += score[e.Code]
	}
	for _, e := range entries {
		score[e.Code] = math.Floor(1e6*score[e.Code]/whole[e.Dimension]) / 1e6 // never above the whole
	}
	return score
}

// severeOf is the chance of an impact of class I3 or more within a year with today's controls,
// risks taken as independent; the base rate is what their priors alone would say, without
// controls. Without a risk there is no chance to tell.
func severeOf(entries []register.Entry, contract float64, now time.Time) *assessment.Probability {
	if len(entries) == 0 {
		return nil
	}
	none, base := 1.0, 1.0
	var codes []string
	for _, e := range entries {
		none *= 1 - e.FiguresAt(register.Residual, contract, now).Severe
		prior := e
		prior.Frequency.Events, prior.Frequency.Years = 0, 0
		base *= 1 - prior.FiguresAt(register.Inherent, contract, now).Severe
		codes = append(codes, e.Code)
	}
	slices.Sort(codes)
	evidence := "register " + strings.Join(codes[:min(8, len(codes))], " ")
	if more := len(codes) - 8; more > 0 {
		evidence += fmt.Sprint(" +", more)
	}
	return &assessment.Probability{P: six(1 - none), Base: six(1 - base), What: "severe", Evidence: evidence}
}

// six keeps six decimals.
func six(x float64) float64 { return float64(int64(x*1e6+0.5)) / 1e6 }

// ahead is for how many months from an assessment a forecast is looked for.
const ahead = 3

// chances are the newest open forecasts of models about countries, of the month three months
// ahead or the nearest before it.
func (d *Desk) chances(ctx context.Context, org string, o AssessOptions) (map[string]*assessment.Probability, error) {
	list, err := d.openForecasts(ctx, org)
	if err != nil {
		return nil, err
	}
	last := o.AsOf.AddDate(0, ahead+1, 0)
	best := map[string]ledger.Entry{}
	for _, e := range list {
		u, ok := panel.ByID(e.Unit)
		iso := u.ISO()
		if !ok || iso == "" || e.Kind != ledger.Model || e.Issued.After(o.Known) || ledger.Ends(e.Month).After(last) || !ledger.Ends(e.Month).After(o.AsOf) {
			continue
		}
		was, has := best[iso]
		if !has || e.Month > was.Month || e.Month == was.Month && (e.Issued.After(was.Issued) || e.Issued.Equal(was.Issued) && e.Maker > was.Maker) {
			best[iso] = e
		}
	}
	out := map[string]*assessment.Probability{}
	for iso, e := range best {
		out[assessment.Country+":"+iso] = &assessment.Probability{
			P: six(e.Chance), Base: six(e.Base), What: "deaths", Deaths: e.Threshold, Until: e.Month.String(), Evidence: "forecast " + e.Maker + " " + e.Origin.String(),
		}
	}
	return out, nil
}

// countEvents keeps what the watch itself has counted around each project, as numbers like any
// other: what was known of it on a day has an answer.
func (d *Desk) countEvents(ctx context.Context, who Principal, p portfolio.Portfolio, at time.Time) error {
	counted, err := d.ownHistory(ctx, who.Org, p, at)
	if err != nil || len(counted) == 0 {
		return err
	}
	for i := range counted {
		counted[i].Panel = "watch"
	}
	_, err = d.cfg.Assess.AddObservations(ctx, who.Org, "watch", at, slices.SortedFunc(slices.Values(counted), func(a, b indicator.Observation) int { return strings.Compare(a.ID, b.ID) }))
	return err
}
