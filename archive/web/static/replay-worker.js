// The service worker of a replay: ReplayWeb.page's own, unmodified, with one more rule for every answer it gives.
// An archived page may run its scripts; it reaches nothing but what was archived with it: not even by WebSocket,
// which ReplayWeb.page's own policy lets through.
"use strict";

const POLICY =
  "default-src 'unsafe-eval' 'unsafe-inline' 'self' data: blob:; connect-src 'self' data: blob:; " +
  "form-action 'self'; object-src 'none'";

async function confined(answer) {
  const response = await answer;
  if (!response || response.type === "opaque" || response.type === "error") {
    return Response.error();
  }
  const headers = new Headers(response.headers);
  headers.append("Content-Security-Policy", POLICY); // of two policies both hold
  const isEmpty = [101, 204, 205, 304].includes(response.status);
  const { status, statusText } = response;
  return new Response(isEmpty ? null : response.body, { status, statusText, headers });
}

const listen = self.addEventListener.bind(self);
self.addEventListener = (type, handler, options) => {
  if (type !== "fetch") {
    return listen(type, handler, options);
  }
  return listen(
    type,
    (event) => {
      const respond = event.respondWith.bind(event);
      Object.defineProperty(event, "respondWith", { value: (answer) => respond(confined(answer)) });
      return handler(event);
    },
    options,
  );
};

importScripts("replaywebpage-sw.js");
