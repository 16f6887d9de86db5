/* Draws the API's documentation from the address that the page names. */
"use strict";

/* The operations alone: the page says itself what the API is and how to sign in. */
const OperationsAlone = (system) => ({
  components: {
    OperationsAlone: () => {
      const { React, getComponent, specSelectors } = system;
      const loaded = specSelectors.loadingStatus() === "success";
      const inside = loaded ? React.createElement(getComponent("operations", true)) : null;
      return React.createElement("div", { className: "swagger-ui" }, inside);
    },
  },
});

/* What swagger-ui leaves out for those who hear the page or use it with a keyboard. */
function mend(place) {
  for (const code of place.querySelectorAll("pre")) {
    code.tabIndex = 0;
  }
  for (const choice of place.querySelectorAll("select:not([aria-label])")) {
    const row = choice.closest("[data-param-name]");
    choice.setAttribute("aria-label", row ? row.dataset.paramName : "Content-Type");
  }
}

document.addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("api-docs");
  new MutationObserver(() => mend(place)).observe(place, { childList: true, subtree: true });
  window.SwaggerUIBundle({
    url: place.dataset.spec,
    domNode: place,
    deepLinking: false,
    validatorUrl: null,
    supportedSubmitMethods: [],
    plugins: [OperationsAlone],
    layout: "OperationsAlone",
  });
});
