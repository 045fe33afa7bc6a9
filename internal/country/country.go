// Package country turns the names and codes that sources use for countries into ISO 3166-1
// alpha-2 codes, and the codes back into names and numbers, and knows the areas of several
// countries of UN M49. Names are known in some fifty languages (CLDR, by golang.org/x/text),
// in free text in English, French and Spanish, and by a small table of variants that
// governments and newsrooms use; matching ignores case, accents, "the" and punctuation, and is always
// by whole words. It promises never to match a part of a word ("Niger" in "Nigeria",
// "assad" in "ambassador") and to say nothing where it does not know; it knows no borders,
// no provinces and no adjectives ("Kenyan"), and it takes no side on the status of any
// territory: TW, PS, XK, HK and the like are codes, not opinions.
package country

import (
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Find returns the ISO 3166-1 alpha-2 code of the country that name means. Name may be a
// name in English, French, Spanish or another language of CLDR, a variant ("Congo DR", "Korea, Republic of",
// "Burma"), or a code of two or three letters in capitals ("ML", "MLI", "UK"): "NA" is
// Namibia, "na" is nothing. A name for several countries gives the first; see All.
func Find(name string) (iso2 string, ok bool) {
	if all := All(name); len(all) > 0 {
		return all[0], true
	}
	return "", false
}

// All returns the codes of every country that name means, in the order of the name:
// "Israel, the West Bank and Gaza" gives IL and PS. It is nil for an unknown name.
func All(name string) []string {
	if name = strings.TrimSpace(name); len(name) > 200 {
		return nil
	}
	if len(name) <= 3 && name == strings.ToUpper(name) {
		if c, ok := Code(name); ok {
			return []string{c}
		}
	}
	names := index().find
	for _, candidate := range variants(name) {
		if codes, ok := names[candidate]; ok {
			return strings.Fields(codes)
		}
	}
	return nil
}

// variants lists the forms under which a name is looked up, the most literal first: as it
// is, without what stands in brackets, turned around its comma ("Korea, Republic of") or
// its bracket ("Iran (Islamic Republic of)"), and without the form of government.
func variants(name string) []string {
	whole := key(name)
	out := []string{whole}
	if at := strings.LastIndexByte(name, '('); at > 0 && strings.Contains(name[:at], ",") {
		out = append(out, variants(name[:at])...) // "Korea, Republic of (South Korea)"
	}
	head, tail := name, ""
	if at := strings.IndexAny(name, ",("); at > 0 {
		head, tail = name[:at], strings.Trim(name[at:], ",() ")
		out = append(out, key(tail+" "+head))
		if name[at] == '(' {
			out = append(out, key(head))
		}
	}
	for _, form := range []string{
		"republic of ", "federal republic of ", "islamic republic of ", "kingdom of ",
		"commonwealth of ", "principality of ", "sultanate of ", "grand duchy of ",
	} {
		if rest, ok := strings.CutPrefix(whole, form); ok {
			out = append(out, rest)
		}
	}
	return out
}

// Code returns the alpha-2 code for a code of two or three letters in either case. "UK",
// "EL" (used by the European Union) and "XKX" (used for Kosovo) are understood. Withdrawn
// codes (SU, YU) and codes that are no country (EU, UN, ZZ) are not.
func Code(code string) (iso2 string, ok bool) {
	code = strings.ToUpper(strings.TrimSpace(code))
	switch code {
	case "UK":
		return "GB", true
	case "EL":
		return "GR", true
	case "XKX", "KOS":
		return "XK", true
	}
	iso2, ok = index().codes[code]
	return iso2, ok
}

// ISO3 returns the alpha-2 code for an ISO 3166-1 alpha-3 code in either case.
func ISO3(iso3 string) (iso2 string, ok bool) {
	if len(strings.TrimSpace(iso3)) != 3 {
		return "", false
	}
	return Code(iso3)
}

// Known tells whether iso2 is an alpha-2 code in capitals of a country on the list.
func Known(iso2 string) bool {
	return len(iso2) == 2 && index().codes[iso2] == iso2
}

// Name returns the short name of a country in the given language (BCP 47); in English
// where the language is not known, and iso2 itself where the country is not.
func Name(iso2, lang string) string {
	if !Known(iso2) {
		return iso2
	}
	tag, err := language.Parse(lang)
	if err != nil {
		tag = language.English
	}
	base, _ := tag.Base()
	if name := index().names[iso2+" "+base.String()]; name != "" {
		return name
	}
	region := language.MustParseRegion(iso2)
	if namer := display.Regions(tag); namer != nil {
		if name := namer.Name(region); name != "" {
			return name
		}
	}
	return display.English.Regions().Name(region)
}
