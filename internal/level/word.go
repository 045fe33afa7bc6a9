package level

// A Likelihood is a step of the ICD 203 scale of probability words. Screens translate the
// step; they never put it into one sentence with a confidence, and never mix the two rows of
// words of that standard ("likely" and "probable").
type Likelihood uint8

// The steps, with their probabilities in percent.
const (
	AlmostNoChance Likelihood = iota // below 5
	VeryUnlikely                     // 5 to 20
	Unlikely                         // 20 to 45
	RoughlyEven                      // 45 to 55
	Likely                           // 55 to 80
	VeryLikely                       // 80 to 95
	AlmostCertain                    // 95 and above
)

var (
	likelihoodEdges = [...]float64{0.05, 0.20, 0.45, 0.55, 0.80, 0.95}
	likelihoodWords = [...]string{
		"almost no chance", "very unlikely", "unlikely", "roughly even chance",
		"likely", "very likely", "almost certain",
	}
)

// LikelihoodOf gives the step of p; the lower edge belongs to the step. ICD 203 leaves out
// probabilities under 1 and over 99 percent: they take the nearest step.
func LikelihoodOf(p float64) Likelihood {
	var l Likelihood
	for int(l) < len(likelihoodEdges) && p >= likelihoodEdges[l] {
		l++
	}
	return l
}

// String is the English word of the step, first row of ICD 203.
func (l Likelihood) String() string {
	if int(l) < len(likelihoodWords) {
		return likelihoodWords[l]
	}
	return "unknown"
}

// Word is the English ICD 203 word for p.
func Word(p float64) string { return LikelihoodOf(p).String() }
