package speech

// ReadResults is for tests.
var ReadResults = readResults
