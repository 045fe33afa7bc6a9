package cap

// node is a kind of CAP element that holds other elements, or leaf.
type node uint8

const (
	leaf node = iota
	alertNode
	infoNode
	resourceNode
	areaNode
	pairNode
)

// field is one child element: its place in the sequence of the schema, whether it may
// occur more than once, and what it holds.
type field struct {
	name string
	pos  uint8
	many bool
	kind node
}

// fieldOf finds the child name of an element of kind n (schema of CAP 1.2, appendix A).
func fieldOf(n node, name string) (field, bool) {
	switch n {
	case alertNode:
		return alertField(name)
	case infoNode:
		return infoField(name)
	case resourceNode:
		return resourceField(name)
	case areaNode:
		return areaField(name)
	case pairNode:
		switch name {
		case "valueName":
			return field{name: name, pos: 1}, true
		case "value":
			return field{name: name, pos: 2}, true
		}
	}
	return field{}, false
}

func alertField(name string) (field, bool) {
	switch name {
	case "identifier":
		return field{name: name, pos: 1}, true
	case "sender":
		return field{name: name, pos: 2}, true
	case "sent":
		return field{name: name, pos: 3}, true
	case "status":
		return field{name: name, pos: 4}, true
	case "msgType":
		return field{name: name, pos: 5}, true
	case "source":
		return field{name: name, pos: 6}, true
	case "scope":
		return field{name: name, pos: 7}, true
	case "restriction":
		return field{name: name, pos: 8}, true
	case "addresses":
		return field{name: name, pos: 9}, true
	case "code":
		return field{name: name, pos: 10, many: true}, true
	case "note":
		return field{name: name, pos: 11}, true
	case "references":
		return field{name: name, pos: 12}, true
	case "incidents":
		return field{name: name, pos: 13}, true
	case "info":
		return field{name: name, pos: 14, many: true, kind: infoNode}, true
	}
	return field{}, false
}

func infoField(name string) (field, bool) {
	switch name {
	case "language":
		return field{name: name, pos: 1}, true
	case "category":
		return field{name: name, pos: 2, many: true}, true
	case "event":
		return field{name: name, pos: 3}, true
	case "responseType":
		return field{name: name, pos: 4, many: true}, true
	case "urgency":
		return field{name: name, pos: 5}, true
	case "severity":
		return field{name: name, pos: 6}, true
	case "certainty":
		return field{name: name, pos: 7}, true
	case "audience":
		return field{name: name, pos: 8}, true
	case "eventCode":
		return field{name: name, pos: 9, many: true, kind: pairNode}, true
	case "effective":
		return field{name: name, pos: 10}, true
	case "onset":
		return field{name: name, pos: 11}, true
	case "expires":
		return field{name: name, pos: 12}, true
	}
	return infoTextField(name)
}

func infoTextField(name string) (field, bool) {
	switch name {
	case "senderName":
		return field{name: name, pos: 13}, true
	case "headline":
		return field{name: name, pos: 14}, true
	case "description":
		return field{name: name, pos: 15}, true
	case "instruction":
		return field{name: name, pos: 16}, true
	case "web":
		return field{name: name, pos: 17}, true
	case "contact":
		return field{name: name, pos: 18}, true
	case "parameter":
		return field{name: name, pos: 19, many: true, kind: pairNode}, true
	case "resource":
		return field{name: name, pos: 20, many: true, kind: resourceNode}, true
	case "area":
		return field{name: name, pos: 21, many: true, kind: areaNode}, true
	}
	return field{}, false
}

func resourceField(name string) (field, bool) {
	switch name {
	case "resourceDesc":
		return field{name: name, pos: 1}, true
	case "mimeType":
		return field{name: name, pos: 2}, true
	case "size":
		return field{name: name, pos: 3}, true
	case "uri":
		return field{name: name, pos: 4}, true
	case "derefUri":
		return field{name: name, pos: 5}, true
	case "digest":
		return field{name: name, pos: 6}, true
	}
	return field{}, false
}

func areaField(name string) (field, bool) {
	switch name {
	case "areaDesc":
		return field{name: name, pos: 1}, true
	case "polygon":
		return field{name: name, pos: 2, many: true}, true
	case "circle":
		return field{name: name, pos: 3, many: true}, true
	case "geocode":
		return field{name: name, pos: 4, many: true, kind: pairNode}, true
	case "altitude":
		return field{name: name, pos: 5}, true
	case "ceiling":
		return field{name: name, pos: 6}, true
	}
	return field{}, false
}

// The namespaces of CAP. The 1.0 form of the OASIS name never was published by OASIS but
// is seen beside the original name of incident.com.
const (
	nsCAP12       = "urn:oasis:names:tc:emergency:cap:1.2"
	nsCAP11       = "urn:oasis:names:tc:emergency:cap:1.1"
	nsCAP10       = "urn:oasis:names:tc:emergency:cap:1.0"
	nsCAP10Origin = "http://www.incident.com/cap/1.0"
	nsSignature   = "http://www.w3.org/2000/09/xmldsig#"
)

// versionOf gives the CAP version a namespace stands for.
func versionOf(ns string) (version string, ok bool) {
	switch ns {
	case nsCAP12:
		return "1.2", true
	case nsCAP11:
		return "1.1", true
	case nsCAP10, nsCAP10Origin:
		return "1.0", true
	}
	return "", false
}
