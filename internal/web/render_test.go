package web

import "testing"

// Pages are parsed when they are first asked for; none of them fails then.
func TestEveryTemplateParses(t *testing.T) {
	t.Parallel()
	files, err := loadStatic()
	if err != nil {
		t.Fatal(err)
	}
	all, err := loadPages(files)
	if err != nil || len(all) < 40 {
		t.Fatalf("%d pages, %v", len(all), err)
	}
	for name, load := range all {
		if _, err := load(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
