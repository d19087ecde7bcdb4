// Gives the visitor of a web page an id, and sends it along with the page's forms.
(function () {
  "use strict";
  var NAME = "MXCProspectId";
  var FORM = /\/t\/formtracker\.aspx([?#]|$)/i;
  var HOST = document.currentScript ? new URL(document.currentScript.src).origin : "";

  function keptId() {
    var found = document.cookie.match(/(?:^|;\s*)MXCProspectId=([0-9a-f-]{36})/i);
    return found ? found[1] : "";
  }

  function newId() {
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    var text = Array.from(bytes, function (byte) {
      return byte.toString(16).padStart(2, "0");
    }).join("");
    return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  function visitorId() {
    var id = keptId() || newId();
    var secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = NAME + "=" + id + "; path=/; max-age=31536000; SameSite=Lax" + secure;
    window[NAME] = id;
    return id;
  }

  // The account's code comes from the page. The server hears of the visitor once per page.
  window.pidTracker = function (code) {
    var id = visitorId();
    var query = "MXHOrgCode=" + encodeURIComponent(code) + "&ProspectID=" + id;
    fetch(HOST + "/t/Visit?" + query, { mode: "no-cors", keepalive: true }).catch(function () {});
    return id;
  };

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!FORM.test(form.getAttribute("action") || "")) return;
    var field = form.querySelector('input[name="ProspectID" i]');
    if (!field) {
      field = document.createElement("input");
      field.type = "hidden";
      field.name = "ProspectID";
      form.appendChild(field);
    }
    field.value = field.value || visitorId();
  }, true);
})();
