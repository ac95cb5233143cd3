/// One thing that `lls doctor` looked at.
package struct Finding: Encodable, Sendable {
    package enum Status: String, Encodable, Sendable { case ok, warning, problem }

    /// What kind of thing: `driver`, `device`, `cache`.
    package let area: String
    package let status: Status
    /// What was found, in one line or more.
    package let text: String
    /// What to do about it; nil if there is nothing to do.
    package let cure: String?

    package init(_ area: String, _ status: Status, _ text: String, cure: String? = nil) {
        self.area = area
        self.status = status
        self.text = text
        self.cure = cure
    }
}
