package main

type rulesCmd struct{}
type configCmd struct{}
type corpusCmd struct{}

func (c *rulesCmd) Run(e *env) error  { return nil }
func (c *configCmd) Run(e *env) error { return nil }
func (c *corpusCmd) Run(e *env) error { return nil }
