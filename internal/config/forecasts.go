package config

// Forecasts says what is forecast by itself, and who may read it.
type Forecasts struct {
	// Panel is a file of deaths by country and month that is looked at every minute: when it
	// has changed it is taken like one that is handed in. "" = they are handed in.
	Panel string `yaml:"panel"`
	Model string `yaml:"model"` // rung that is kept; default best
	Seed  uint64 `yaml:"seed"`  // default 1
	// Public lets everybody read the forecasts of countries and the models' record without
	// signing in: the id of the organisation, or "only"
	// where there is but one; "" = nobody.
	Public string `yaml:"public"`
}
