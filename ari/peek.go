package ari

// peek returns the text of a member of a JSON object that is a string, a number or a word,
// and "" for anything else. It reads no more than it has to and checks nothing: what is no
// JSON is found out by who reads the rest.
func peek(raw []byte, name string) string {
	depth := 0
	key := false // the next string at depth 1 is a key
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '{', '[':
			depth++
			key = depth == 1
		case '}', ']':
			depth--
		case ',':
			key = depth == 1
		case '"':
			end := closing(raw, i)
			if end < 0 {
				return ""
			}
			if key && string(raw[i+1:end]) == name {
				return scalar(raw[end+1:])
			}
			key = false
			i = end
		}
	}
	return ""
}

// closing is where the string ends that begins at i, -1 if it does not.
func closing(raw []byte, i int) int {
	for i++; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// scalar is the value behind a key. A string with an escape is nothing that a type or a
// sequence would be.
func scalar(raw []byte) string {
	i := 0
	for i < len(raw) && (raw[i] == ' ' || raw[i] == ':' || raw[i] == '\t' || raw[i] == '\n' || raw[i] == '\r') {
		i++
	}
	if i == len(raw) {
		return ""
	}
	if raw[i] == '"' {
		if end := closing(raw, i); end > 0 {
			return string(raw[i+1 : end])
		}
		return ""
	}
	begin := i
	for i < len(raw) && (raw[i] >= '0' && raw[i] <= '9' || raw[i] >= 'a' && raw[i] <= 'z' || raw[i] == '-' || raw[i] == '.') {
		i++
	}
	if text := string(raw[begin:i]); text != "null" {
		return text
	}
	return ""
}
