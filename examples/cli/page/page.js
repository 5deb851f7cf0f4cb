// The page of `covey map`. What members wrote goes into the page as text
// alone, never as HTML.
"use strict";
(function () {
  const settings = JSON.parse(document.getElementById("settings").textContent);
  const byId = (id) => document.getElementById(id);
  const map = L.map("map", { attributionControl: false });
  const shown = L.layerGroup().addTo(map);
  let fitted = false;

  L.control.scale({ imperial: false }).addTo(map);
  if (settings.tiles) {
    L.tileLayer(settings.tiles, { maxZoom: 19 }).addTo(map);
  } else {
    // Without tiles, a grid: each cell says where its corner is.
    const Grid = L.GridLayer.extend({
      createTile: function (at) {
        const cell = document.createElement("div");
        const size = this.getTileSize();
        const corner = map.unproject(at.scaleBy(size), at.z);
        cell.className = "cell";
        cell.textContent = corner.lat.toFixed(4) + " " + corner.lng.toFixed(4);
        return cell;
      },
    });
    new Grid({ maxZoom: 22 }).addTo(map);
  }

  function place(fix) {
    return [fix.lat_e7 / 1e7, fix.lon_e7 / 1e7];
  }

  function ageText(ms) {
    if (ms < 0) return "age not known";
    const s = Math.floor(ms / 1000);
    if (s < 120) return s + " s old";
    if (s < 7200) return Math.floor(s / 60) + " min old";
    if (s < 172800) return Math.floor(s / 3600) + " h old";
    return Math.floor(s / 86400) + " days old";
  }

  function timeText(ms) {
    return ms > 0 ? new Date(ms).toLocaleString() : "time not known";
  }

  function list(id, rows, fill) {
    const at = byId(id);
    at.replaceChildren();
    rows.forEach(function (row) {
      const item = document.createElement("li");
      fill(item, row);
      at.appendChild(item);
    });
  }

  function note(item, text) {
    const small = document.createElement("small");
    small.textContent = text;
    item.appendChild(small);
  }

  function label(text) {
    const at = document.createElement("span");
    at.textContent = text;
    return at;
  }

  function drawLast(last) {
    byId("who").textContent = last ? last.name : "No position yet";
    byId("trust").textContent = last ? last.trust : "";
    byId("trust").className = last ? last.trust : "";
    byId("age").textContent = last ? ageText(last.age_ms) : "";
    byId("where").textContent = last
      ? place(last).map((x) => x.toFixed(5)).join(", ") +
        ", within " + Math.round(last.accuracy_cm / 100) + " m (" +
        last.source + "), " + timeText(last.time_ms)
      : "";
    if (!last) return;
    L.circle(place(last), { radius: last.accuracy_cm / 100, color: "#1463ff",
      weight: 1, fillOpacity: 0.15, className: "accuracy" }).addTo(shown);
    L.circleMarker(place(last), { radius: 8, color: "#ffffff", weight: 2,
      fillColor: "#1463ff", fillOpacity: 1, className: "last" })
      .bindTooltip(label(last.name)).addTo(shown);
  }

  function drawMap(data) {
    shown.clearLayers();
    data.zones.forEach(function (zone) {
      L.circle(place(zone), { radius: zone.radius_m, color: "#00875a",
        weight: 2, fillOpacity: 0.08, className: "zone" })
        .bindTooltip(label(zone.name)).addTo(shown);
    });
    L.polyline(data.track.map(place), { color: "#d6006e", weight: 4,
      className: "track" }).addTo(shown);
    drawLast(data.last);
    const points = data.track.map(place);
    if (!fitted && points.length > 0) {
      map.fitBounds(L.latLngBounds(points).pad(0.2), { maxZoom: 17,
        animate: false });
      fitted = true;
    } else if (!fitted) {
      map.setView([47, 8], 4);
    } else if (!map.getBounds().contains(points[points.length - 1])) {
      map.panTo(points[points.length - 1]);
    }
  }

  function draw(data) {
    drawMap(data);
    list("messages", data.messages.slice().reverse(), function (item, m) {
      item.textContent = m.from + ": " + m.text;
      note(item, timeText(m.time_ms) + ", " + m.state);
    });
    list("events", data.events.slice().reverse(), function (item, e) {
      item.textContent = e.text;
      if (e.alarm) item.className = "alarm";
      note(item, timeText(e.time_ms));
    });
    list("members", data.members, function (item, m) {
      item.textContent = m.name;
      note(item, m.role + (m.self ? ", this device" : ""));
    });
  }

  function again() {
    fetch("state.json", { cache: "no-store" })
      .then(function (answer) {
        if (!answer.ok) throw new Error("no answer");
        return answer.json();
      })
      .then(function (data) {
        byId("gone").hidden = true;
        draw(data);
      })
      .catch(function () {
        byId("gone").hidden = false;
      })
      .finally(function () {
        setTimeout(again, 1000);
      });
  }

  draw(JSON.parse(byId("data").textContent));
  if (settings.live) setTimeout(again, 1000);
})();
